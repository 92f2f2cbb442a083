/** The limits that are checked are those of Node's own fetch, which no page has. */
export function checkPlatformLimits(): void {}
