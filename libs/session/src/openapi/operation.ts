/** A JSON Schema (2020-12), as OpenAPI 3.1 has them. */
export type Schema = { readonly [keyword: string]: unknown };

/** What a part of an OpenAPI 3.1 document says of one method of one path. */
export type Operation = { readonly [field: string]: unknown };

/** Operations by path and method. */
export type Paths = { readonly [path: string]: { readonly [method: string]: Operation } };

/** How a route is described; {@link operation} writes it out. */
export interface Route {
  readonly tag: string;
  readonly summary: string;
  /** Who may call it. `either`: by cookie or by token. Default: everybody. */
  readonly by?: 'cookie' | 'token' | 'either' | 'client';
  /** Whether it changes something, so that a cookie alone is not enough. */
  readonly unsafe?: boolean;
  /** The fields that it takes, and in which media types. Default of these: both. */
  readonly fields?: Schema;
  readonly as?: 'json' | 'form';
  readonly parameters?: readonly Schema[];
  /** What it answers by status; `undefined`: no body. */
  readonly answers: { readonly [status: number]: Schema | undefined };
  /** The statuses of its refusals. */
  readonly refuses?: readonly number[];
  /** How it refuses: as a problem (RFC 9457), or in the form of RFC 6749 §5.2. Default: `problem`. */
  readonly refusal?: 'problem' | 'oauth';
  /** The media type of its answers. Default: JSON. */
  readonly type?: string;
}

const SECURITY = {
  cookie: [{ sessionCookie: [] }],
  token: [{ accessToken: [] }],
  either: [{ sessionCookie: [] }, { accessToken: [] }],
  client: [{ clientBasic: [] }, {}],
} as const;

const REASONS: Readonly<Record<number, string>> = {
  200: 'Done.',
  201: 'Made.',
  202: 'Taken.',
  204: 'Done.',
  303: 'Done, for a form: go on there.',
  400: 'The request is not as it should be.',
  401: 'Nobody is logged in by this, or it was too long ago.',
  403: 'Not allowed, or without the CSRF token.',
  404: 'There is no such thing, or none of yours.',
  409: 'Not as things are now.',
  413: 'Too large.',
  415: 'Of another media type.',
  429: 'Too many attempts: later.',
  503: 'The store cannot be asked: later.',
};

const FORM = 'application/x-www-form-urlencoded';

/** The header that unsafe requests with a cookie bring. */
const CSRF_HEADER = {
  name: 'X-CSRF-Token',
  in: 'header',
  required: false,
  description: 'Needed beside the cookie.',
  schema: { type: 'string' },
} as const;

/** An object with these members, all of them there but the optional ones. */
export function object(
  properties: Readonly<Record<string, Schema>>,
  optional: readonly string[] = [],
  more: Schema = {},
): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, ...(required.length > 0 ? { required } : {}), ...more };
}

/** A schema of the components. */
export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

/** A parameter of the path. */
export function inPath(name: string): Schema {
  return { name, in: 'path', required: true, schema: { type: 'string' } };
}

/** A parameter that may stand behind the question mark. */
export function inQuery(name: string): Schema {
  return { name, in: 'query', required: false, schema: { type: 'string' } };
}

/** Writes a route out as OpenAPI 3.1 has it. */
export function operation(route: Route): Operation {
  const { tag, summary, by, fields, unsafe, refuses = [], refusal = 'problem', type = 'application/json' } = route;
  const csrf = unsafe && (by === 'cookie' || by === 'either') ? [CSRF_HEADER] : [];
  const parameters = [...(route.parameters ?? []), ...csrf];
  const types = route.as === 'json' ? ['application/json'] : route.as === 'form' ? [FORM] : ['application/json', FORM];
  const content = (schema: Schema | undefined) => (schema ? { content: { [type]: { schema } } } : {});
  return {
    tags: [tag],
    summary,
    security: by === undefined ? [] : SECURITY[by],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(fields
      ? { requestBody: { required: true, content: Object.fromEntries(types.map((one) => [one, { schema: fields }])) } }
      : {}),
    responses: Object.fromEntries([
      ...Object.entries(route.answers).map(([status, schema]) => [status, { description: reasonOf(status), ...content(schema) }]),
      ...refuses.map((status) => [String(status), { description: reasonOf(status), content: refusalContent(refusal) }]),
    ]),
  };
}

function refusalContent(refusal: 'problem' | 'oauth') {
  return refusal === 'oauth'
    ? { 'application/json': { schema: ref('OAuthError') } }
    : { 'application/problem+json': { schema: ref('Problem') } };
}

function reasonOf(status: number | string): string {
  return REASONS[Number(status)] ?? 'See the body.';
}
