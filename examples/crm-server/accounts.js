// What the CRM holds when it is new: a few accounts with a story, and as many more as a load test wants. Dates are days
// before the day it is filled, so that "the last 90 days" always has something in it. Nobody in it is a person.

const USERS = [
  { id: 'u-north', name: 'Account team North', email: 'north@vendor.example', role: 'account management' },
  { id: 'u-south', name: 'Account team South', email: 'south@vendor.example', role: 'account management' },
  { id: 'u-support', name: 'Support desk', email: 'support@vendor.example', role: 'support' },
]

/** Days are before today; of a renewal, after it. */
const STORIES = [
  {
    account: ['ACME', 'Acme Tools', 'manufacturing', 'u-north', 'customer', 120_000, 45, 'overdue', 48, 71],
    contacts: [
      ['Purchasing', 'purchasing@acme.example', 'buys and pays', 52],
      ['Plant operations', 'operations@acme.example', 'uses the product daily', 41],
      ['Board office', 'board@acme.example', 'signs the renewal', 96],
    ],
    deals: [
      ['Renewal 2027', 'negotiation', 120_000, 45],
      ['Second plant rollout', 'qualified', 80_000, 120],
    ],
    activities: [
      [41, 'call', 'Slow reports on the shop floor', 'a fix was promised for the next release'],
      [52, 'email', 'Reminder: invoice is open', 'no answer'],
      [63, 'ticket', 'Export stops after 10,000 rows', 'solved with a workaround'],
      [84, 'meeting', 'Quarterly review', 'second plant is interested'],
    ],
    changes: [
      [9, 'payment_status', 'open', 'overdue'],
      [21, 'deal Renewal 2027', 'proposal', 'negotiation'],
    ],
  },
  {
    account: ['GLOBEX', 'Globex Freight', 'logistics', 'u-south', 'customer', 260_000, 210, 'paid', 88, 90],
    contacts: [
      ['Fleet office', 'fleet@globex.example', 'runs the programme', 4],
      ['Finance desk', 'finance@globex.example', 'approves budgets', 18],
    ],
    deals: [['Analytics module', 'proposal', 60_000, 40]],
    activities: [
      [4, 'meeting', 'Monthly check-in', 'usage is up by a third'],
      [18, 'email', 'Budget for analytics', 'wants a proposal'],
      [33, 'meeting', 'Training of the second shift', 'done'],
    ],
    changes: [[6, 'deal Analytics module', 'qualified', 'proposal']],
  },
  {
    account: ['INITECH', 'Initech Printing', 'media', 'u-north', 'customer', 34_000, 20, 'paid', 61, 68],
    contacts: [['Press room', '', 'uses the product weekly', 37]],
    deals: [],
    activities: [[37, 'ticket', 'Login fails after the update', 'open']],
    changes: [],
  },
]

const INDUSTRIES = ['manufacturing', 'logistics', 'media', 'retail', 'energy']
const KINDS = ['call', 'email', 'meeting', 'ticket']

/** @param many how many more accounts: A001, A002, … the same ones every time */
export function seeds(many) {
  return { users: USERS, stories: [...STORIES, ...Array.from({ length: many }, (_, index) => invented(index + 1))] }
}

function invented(number) {
  const id = `A${String(number).padStart(3, '0')}`
  const mail = id.toLowerCase()
  const of = (spread, offset) => (number * 7919 + offset * 104_729) % spread
  const paid = of(4, 1) === 0 ? 'overdue' : 'paid'
  const since = 2 + of(60, 2)
  return {
    account: [
      id,
      `Account ${number}`,
      INDUSTRIES[of(INDUSTRIES.length, 3)],
      number % 2 ? 'u-north' : 'u-south',
      'customer',
      10_000 + of(200, 4) * 1000,
      10 + of(300, 5),
      paid,
      40 + of(55, 6),
      45 + of(50, 7),
    ],
    contacts: [['Head office', `office@${mail}.example`, 'decides', since]],
    deals: [[`Extension ${number}`, 'proposal', 5000 + of(50, 8) * 500, 30 + of(90, 9)]],
    activities: [
      [since, KINDS[of(4, 10)], 'Talk about the year', 'a next step was agreed'],
      [since + 25, KINDS[of(4, 11)], 'Question about an invoice', 'answered'],
    ],
    changes: of(3, 12) === 0 ? [[5 + of(20, 13), 'status', 'trial', 'customer']] : [],
  }
}
