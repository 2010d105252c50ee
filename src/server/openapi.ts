/** The API in the words of OpenAPI 3.1: a test holds it against the router. */
export const OPENAPI = {} as const;
