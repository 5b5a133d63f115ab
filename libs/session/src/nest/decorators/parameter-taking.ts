/**
 * A decorator for those parameters of handlers whose type takes a `Value`. TypeScript's own `ParameterDecorator` takes any, so that a
 * handler could ask for what it is never given.
 */
export type ParameterTaking<Value> = <Target extends object, Key extends string & keyof Target, Index extends number>(
  target: Target,
  key: Key,
  index: Target[Key] extends (...parameters: infer Parameters) => unknown
    ? Value extends Parameters[Index]
      ? Index
      : never
    : never,
) => void;
