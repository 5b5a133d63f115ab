import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { OpenApiDocument } from '../../src/openapi/document.js';
import type { Answer } from './clients.js';

interface Described {
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, object>> }>>;
}

/** Holds answers to what an OpenAPI document says of them. */
export class DescribedAnswers {
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true });
  /** What was asked for by now: `GET /me 200`. */
  readonly seen = new Set<string>();

  constructor(private readonly document: OpenApiDocument) {
    addFormats.default(this.ajv);
    this.ajv.addSchema({ $id: 'document', ...document });
  }

  /** What is wrong with an answer; empty when it is as described. */
  faults(method: string, path: string, answer: Answer): readonly string[] {
    const template = this.templateOf(path);
    const operation = this.document.paths[template]?.[method.toLowerCase()] as Described | undefined;
    if (!operation) return [`${method} ${path} is not described.`];
    const name = `${method} ${template} ${answer.status}`;
    this.seen.add(name);
    const response = operation.responses[String(answer.status)];
    if (!response) return [`${name} is not described.`];
    const [type = ''] = (answer.headers.get('content-type') ?? '').split(';');
    if (!response.content) return answer.text === '' ? [] : [`${name} has a body.`];
    if (!response.content[type]) return [`${name} is ${type}.`];
    const place = ['paths', template, method.toLowerCase(), 'responses', String(answer.status), 'content', type, 'schema'];
    const pointer = place.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    const check = this.ajv.getSchema(`document#/${pointer}`);
    if (!check) return [`${name} has no schema.`];
    const value: unknown = type.endsWith('json') ? JSON.parse(answer.text) : answer.text;
    return check(value) ? [] : [`${name}: ${this.ajv.errorsText(check.errors)}`];
  }

  private templateOf(path: string): string {
    const [plain = ''] = path.split('?');
    if (plain in this.document.paths) return plain;
    const found = Object.keys(this.document.paths).find((template) =>
      new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(plain),
    );
    return found ?? plain;
  }
}
