import { sessionOpenApi, type Paths, type Schema } from 'nestjs-hybrid-session/openapi';
import { APP_PATHS, APP_SCHEMAS } from './app-paths.js';
import { CONSOLE_PATHS } from './console-paths.js';

/** An OpenAPI 3.1 document. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string };
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Paths;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly securitySchemes: Readonly<Record<string, Schema>>;
  };
}

/** Every route of the application and of the library under it. */
export function openApiDocument(publicUrl: string, cookieName?: string): OpenApiDocument {
  const { paths, components } = sessionOpenApi(cookieName === undefined ? {} : { cookieName });
  return {
    openapi: '3.1.0',
    info: { title: 'Hybrid Session, reference application', version: '0.1.0' },
    servers: [{ url: publicUrl }],
    paths: { ...paths, ...APP_PATHS, ...CONSOLE_PATHS },
    components: { ...components, schemas: { ...components.schemas, ...APP_SCHEMAS } },
  };
}
