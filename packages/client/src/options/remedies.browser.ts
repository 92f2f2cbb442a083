/** A page that is bundled for production only says that the option is unknown; any other one has the remedies. */
export function remedyFor(): undefined {}
