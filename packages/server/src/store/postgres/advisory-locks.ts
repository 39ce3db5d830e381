/** The first key of every advisory lock of the control plane: "kupe" in ASCII. Advisory locks are per database. */
const NAMESPACE = 0x6b757065;

/** Held by the transaction that migrates. */
export const MIGRATION_LOCK = [NAMESPACE, 1] as const;
/** Held in shared mode by the writing connection of every running process; a process that gets it exclusively is alone on the database. */
export const PRESENCE_LOCK = [NAMESPACE, 2] as const;
/** Held by the process that works on what is due; the others wait for it. */
export const WORKING_LOCK = [NAMESPACE, 3] as const;
