import { Module } from '@nestjs/common';
import { InstanceFigures } from './instance-figures.js';

/** What this instance tells of itself: apart from the console, since the sessions are told of it before there are any. */
@Module({ providers: [InstanceFigures], exports: [InstanceFigures] })
export class FiguresModule {}
