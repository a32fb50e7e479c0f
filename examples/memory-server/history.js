// What is remembered of accounts: notes of meetings, promises, complaints and successes, each with its source. Days are
// before today. Nobody in it is a person.

const STORIES = {
  ACME: [
    [320, 'meeting', 'Kick-off of the first plant', 'positive', 'the plan was agreed', 'note-101'],
    [200, 'win', 'First plant saved nine hours a week with the planner', 'positive', 'told at the review', 'note-118'],
    [84, 'meeting', 'Quarterly review: the second plant is interested', 'positive', 'an offer is expected', 'note-131'],
    [84, 'commitment', 'We promised an offer for the second plant within 30 days', 'neutral', 'open', 'note-131'],
    [63, 'pain_point', 'Exports stop after 10,000 rows', 'negative', 'a workaround is in use', 'ticket-887'],
    [52, 'commitment', 'Purchasing promised to pay the open invoice', 'negative', 'open', 'mail-2210'],
    [41, 'pain_point', 'Reports on the shop floor are slow', 'negative', 'a fix was promised', 'call-412'],
    [41, 'commitment', 'We promised faster reports in the next release', 'neutral', 'open', 'call-412'],
  ],
  GLOBEX: [
    [150, 'meeting', 'Planning of the roll-out', 'neutral', 'dates were set', 'note-77'],
    [60, 'win', 'Empty runs are down by a fifth', 'positive', 'their own figures', 'note-90'],
    [33, 'meeting', 'Training of the second shift', 'positive', 'done', 'note-95'],
    [4, 'commitment', 'We promised a proposal for analytics', 'positive', 'open', 'note-99'],
  ],
  INITECH: [[37, 'pain_point', 'Login fails after the update', 'negative', 'open', 'ticket-901']],
}

const RELATED = {
  ACME: [
    ['Acme Tools, second plant', 'site', 'would roll out next'],
    ['Reporting module', 'product', 'slow on the shop floor'],
    ['GLOBEX', 'account', 'carries their freight; may be asked for a reference'],
  ],
  GLOBEX: [['ACME', 'account', 'a customer of theirs']],
}

const DAY = 86_400_000

/** @returns what is known of an account, oldest first. */
export function eventsOf(id, today = new Date()) {
  return storyOf(id).map(([before, kind, text, sentiment, outcome, source]) => ({
    at: new Date(today.getTime() - before * DAY).toISOString().slice(0, 10),
    ...{ kind, text, sentiment, outcome, source },
  }))
}

export function relatedTo(id) {
  return (RELATED[id] ?? []).map(([name, kind, relation]) => ({ name, kind, relation }))
}

/** The invented accounts of the CRM, A001 and on, have one meeting and one promise each. */
function storyOf(id) {
  if (Object.hasOwn(STORIES, id)) return STORIES[id]
  const number = /^A(\d{3})$/.exec(id)?.[1]
  if (!number) return []
  const since = 10 + (Number(number) % 60)
  return [
    [since + 30, 'meeting', 'Talk about the year', 'neutral', 'a next step was agreed', `note-${number}1`],
    [since, 'commitment', 'We promised to come back with figures', 'neutral', 'open', `note-${number}2`],
  ]
}
