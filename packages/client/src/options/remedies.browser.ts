/** A page that is bundled for development has the remedies; any other one only says that the option is unknown. */
export function remedyFor(): undefined {}
