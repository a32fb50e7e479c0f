"""The simulator as a foreign client sees it: the Python SDK, whose types were generated from the same API as the
TypeScript SDK's but whose HTTP, SSE and JSON code is its own. Every body must fit those types exactly: nothing missing,
nothing that the API does not know. Run by scripts/test-foreign.mjs, which starts the simulator and passes its address.
"""

import json
import os
import unittest
import urllib.request

import anthropic
from anthropic.types import Message, MessageTokensCount, ModelInfo, RawMessageStreamEvent
from anthropic.types.shared import ErrorResponse
from pydantic import BaseModel, TypeAdapter, create_model

URL = os.environ["SIMULATOR_URL"]
MODEL = "claude-sonnet-5-5"
TOOL = {"name": "weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}
client = anthropic.Anthropic(base_url=URL, api_key="any", max_retries=0)


def call(path, body=None, method=None, headers=None):
    sent = {"content-type": "application/json", "anthropic-version": "2023-06-01", "x-api-key": "any", **(headers or {})}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(URL + path, data=data, method=method, headers=sent)
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, response.headers, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def rules(*given):
    status, _, text = call("/_simulator/rules", list(given), "PUT")
    assert status == 200, text


def exactly(test, kind, value):
    """The value validates as the type, and neither it nor anything in it has a field the type does not know."""
    parsed = TypeAdapter(kind).validate_python(value)

    def walk(model, place):
        if isinstance(model, BaseModel):
            test.assertFalse(model.model_extra, f"unknown fields at {place}: {model.model_extra}")
            for name in type(model).model_fields:
                walk(getattr(model, name), f"{place}.{name}")
        elif isinstance(model, list):
            for index, item in enumerate(model):
                walk(item, f"{place}.{index}")

    walk(parsed, getattr(kind, "__name__", str(kind)))
    return parsed


def params(prompt="hello", **more):
    return {"model": MODEL, "max_tokens": 500, "messages": [{"role": "user", "content": prompt}], **more}


BLOCKS = [
    {"type": "thinking", "thinking": "Let me see."},
    {"type": "text", "text": "Grüße, 漢字 👩‍👩‍👧. " * 200},
    {"type": "tool_use", "name": "weather", "input": {"city": "Zürich"}},
]


class Wire(unittest.TestCase):
    def setUp(self):
        rules()

    def test_a_json_answer_fits_the_types_of_the_api(self):
        for reply in ({}, {"blocks": BLOCKS}, {"text": "no", "stopReason": "refusal", "category": "bio"}):
            rules({"reply": reply})
            status, headers, text = call("/v1/messages", params(tools=[TOOL]))
            self.assertEqual(status, 200, text)
            exactly(self, Message, json.loads(text))
            self.assertEqual(headers["x-model-server"], "simulator")
            self.assertTrue(headers["request-id"].startswith("req_"))

    def test_every_event_of_a_stream_fits_the_types_and_names_itself(self):
        rules({"reply": {"blocks": BLOCKS}})
        _, headers, text = call("/v1/messages", params(stream=True, tools=[TOOL]))
        self.assertTrue(headers["content-type"].startswith("text/event-stream"))
        seen = []
        for event in text.strip().split("\n\n"):
            name, data = event.split("\n")
            body = json.loads(data.removeprefix("data: "))
            self.assertEqual(name, f"event: {body['type']}")
            seen.append(body["type"])
            if body["type"] != "ping":
                exactly(self, RawMessageStreamEvent, body)
        self.assertEqual(seen[0], "message_start")
        self.assertEqual(seen[-2:], ["message_delta", "message_stop"])
        self.assertIn("ping", seen)

    def test_errors_and_models_and_counts_fit_too(self):
        exactly(self, ErrorResponse, json.loads(call("/v1/messages", params(model="nope"))[2]))
        exactly(self, ModelInfo, json.loads(call("/v1/models/claude-haiku-5-5", method="GET")[2]))
        body = {"model": MODEL, "messages": params()["messages"]}
        exactly(self, MessageTokensCount, json.loads(call("/v1/messages/count_tokens", body)[2]))


class Sdk(unittest.TestCase):
    def setUp(self):
        rules()

    def test_a_stream_adds_up_to_the_same_message(self):
        rules({"reply": {"blocks": BLOCKS}})
        with client.messages.stream(**params(tools=[TOOL])) as stream:
            final = stream.get_final_message()
        whole = client.messages.create(**params(tools=[TOOL]))
        self.assertEqual([block.type for block in final.content], ["thinking", "text", "tool_use"])
        self.assertEqual(final.content[1].text, BLOCKS[1]["text"])
        self.assertEqual(final.content[2].input, {"city": "Zürich"})
        self.assertEqual(final.stop_reason, "tool_use")
        self.assertEqual(final.usage.output_tokens, whole.usage.output_tokens)

    def test_the_cache_is_written_once_and_read_after(self):
        system = [{"type": "text", "text": "python " * 2000, "cache_control": {"type": "ephemeral"}}]
        counted = client.messages.count_tokens(model=MODEL, system=system, messages=params()["messages"]).input_tokens
        first, second = (client.messages.create(**params(system=system)).usage for _ in range(2))
        self.assertGreater(first.cache_creation_input_tokens, 2000)
        self.assertEqual(second.cache_read_input_tokens, first.cache_creation_input_tokens)
        self.assertEqual(second.input_tokens + second.cache_read_input_tokens, counted)

    def test_structured_output_is_parsed(self):
        answer = create_model("Answer", city=(str, ...), people=(int, ...))
        parsed = client.messages.parse(**params(output_format=answer)).parsed_output
        self.assertIsInstance(parsed, answer)

    def test_errors_are_of_their_classes(self):
        expected = {
            "429": anthropic.RateLimitError,
            "529": anthropic.InternalServerError,
            "500": anthropic.InternalServerError,
            "403": anthropic.PermissionDeniedError,
            "spend-limit": anthropic.RateLimitError,
        }
        for kind, error in expected.items():
            rules({"fault": {"kind": kind, "retryAfter": 3}})
            with self.assertRaises(error) as caught:
                client.messages.create(**params())
            self.assertEqual(caught.exception.response.headers["retry-after"], "3")
        bad = anthropic.Anthropic(base_url=URL, api_key="sk-ant-invalid", max_retries=0)
        with self.assertRaises(anthropic.AuthenticationError):
            bad.messages.create(**params())

    def test_a_cut_stream_and_an_overload_in_mid_stream_are_errors(self):
        for kind in ("cut", "overloaded-mid-stream"):
            rules({"reply": {"blocks": BLOCKS}, "fault": {"kind": kind, "at": 50}})
            with self.assertRaises(Exception) as caught:
                with client.messages.stream(**params(tools=[TOOL])) as stream:
                    stream.get_final_message()
            self.assertNotIsInstance(caught.exception, AssertionError)

    def test_it_pages_through_the_models(self):
        ids = [model.id for model in client.models.list(limit=3)]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertIn("claude-haiku-5-5", ids)


if __name__ == "__main__":
    unittest.main()
