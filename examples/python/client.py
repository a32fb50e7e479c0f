# Starts `parallel` from Python, approves its plan and prints the answers: pip install temporalio, then
# python client.py. A workflow's type, input and result are plain JSON, so any of Temporal's SDKs will do.
import asyncio
import os
import uuid

from temporalio.client import Client


async def main() -> None:
    client = await Client.connect(os.environ.get("TEMPORAL_ADDRESS", "127.0.0.1:7233"))
    items = [{"id": "sky", "prompt": "Why is the sky blue?"}, {"id": "sea", "prompt": "Why is the sea salty?"}]
    run = await client.start_workflow(
        "parallel", {"items": items, "confirm": "always"}, id=f"parallel-{uuid.uuid4()}", task_queue="ensemble"
    )
    while not (waiting := (await run.query("status"))["approvals"]):
        await asyncio.sleep(0.2)
    await run.execute_update("decide", {"kind": "approve", "digest": waiting[0]["digest"], "by": "client.py"})
    result = await run.result()
    for item in result["items"]:
        print(item["id"], item["status"], item["text"])


asyncio.run(main())
