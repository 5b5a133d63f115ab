export { sessionOpenApi } from './session-open-api.js';
export type { OpenApiPart } from './session-open-api.js';
export { inPath, inQuery, object, operation, ref } from './operation.js';
export type { Operation, Paths, Route, Schema } from './operation.js';
