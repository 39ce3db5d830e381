/** The variables with which `openkupe sandbox` finds the sandbox that runs. */
export const CONTROL_VARIABLES = { url: 'OPENKUPE_SANDBOX_CONTROL', token: 'OPENKUPE_SANDBOX_TOKEN' } as const;
