import { RequestMethod } from '@nestjs/common';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import type { HttpConfig } from '../config/http-config.js';
import { BODY_LIMIT, readBody } from './request-body.js';

/** Methods whose body nobody reads. */
const BODILESS: readonly string[] = [RequestMethod[RequestMethod.GET], RequestMethod[RequestMethod.HEAD]];
