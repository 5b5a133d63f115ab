import { Module } from '@nestjs/common';

/** A module of these parts. */
export function nestModule(parts) {
  function CaseModule() {} // as a class without members would be
  Module(parts)(CaseModule);
  return CaseModule;
}
