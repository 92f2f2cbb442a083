/** Headers by which a request asks the server to treat it as one of another method. */
export const methodOverrides: readonly string[] = ['x-http-method-override', 'x-http-method', 'x-method-override'];
