import { AUTH_PATHS } from './auth-paths.js';
import { SCHEMAS, securitySchemes } from './components.js';
import { OAUTH_PATHS } from './oauth-paths.js';
import type { Paths, Schema } from './operation.js';

/** What a host merges into the OpenAPI 3.1 document of its own. */
export interface OpenApiPart {
  readonly paths: Paths;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly securitySchemes: Readonly<Record<string, Schema>>;
  };
}

/** Describes all routes of the library, as plain data. A host that mounts some of its controllers only takes the paths of those. */
export function sessionOpenApi({ cookieName = '__Host-sid' }: { readonly cookieName?: string } = {}): OpenApiPart {
  return {
    paths: { ...AUTH_PATHS, ...OAUTH_PATHS },
    components: { schemas: SCHEMAS, securitySchemes: securitySchemes(cookieName) },
  };
}
