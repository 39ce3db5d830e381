export type { Fault, FaultInput, FaultKind } from './faults/fault-table.ts';
export type { RecordedRequest, Recording } from './recording/recording.ts';
export { printTimeline } from './recording/timeline.ts';
export type { RuleInput, RuleMatch, RuleWhen } from './rules/rule.ts';
export type { RuleStatus } from './rules/rule-list.ts';
export type { ClockControl, RuleControl, Sandbox, SandboxOptions } from './sandbox.ts';
export { loadScenario, type Scenario, shippedScenarios } from './scenario/scenario.ts';
export { startSandbox } from './start-sandbox.ts';
export type { SandboxState } from './state/data-folder-state.ts';
