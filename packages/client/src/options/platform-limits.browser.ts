/** The limits that are checked are those of Node's own fetch, which no page has. */
export function checkPlatformLimits(): void {}

/** The options that are refused are those that Node's own fetch ignores. */
export function ignoredByPlatform(): undefined {}
