/**
 * How an outcome is judged, in the same way by retry, circuit, budget, events and errors. `transient` may pass by
 * itself; `permanent` will not; `rejected` never touched the network; `cancelled` means that the caller gave up.
 */
export type Verdict = 'success' | 'transient' | 'permanent' | 'rejected' | 'cancelled';
