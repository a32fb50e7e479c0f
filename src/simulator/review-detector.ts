// One thing a simulated expert looks for. What it finds is plausible, no more, and labelled SIMULATED.

import type { Look } from './review-looks.js'

export type Severity = 'critical' | 'high' | 'medium' | 'low'

export type Detector = { severity: Severity; title: string; detail: string; lines: Look }

export function row(severity: Severity, title: string, detail: string, lines: Look): Detector {
  return { severity, title, detail, lines }
}
