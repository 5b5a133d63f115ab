import { readFileSync } from 'node:fs';
import { Controller, Get, Header } from '@nestjs/common';
import { Public } from 'nestjs-hybrid-session';

/** Read once: the build copies them along. */
const [STYLE, SCRIPT] = ['console.css', 'console.js'].map((name) =>
  readFileSync(new URL(`./assets/${name}`, import.meta.url), 'utf8'),
);
const AN_HOUR = 'public, max-age=3600';

/** The style and the script of the console: constants, with nobody's data in them. */
@Controller('assets')
@Public()
export class ConsoleAssetsController {
  @Get('console.css')
  @Header('Content-Type', 'text/css; charset=utf-8')
  @Header('Cache-Control', AN_HOUR)
  style() {
    return STYLE;
  }

  @Get('console.js')
  @Header('Content-Type', 'text/javascript; charset=utf-8')
  @Header('Cache-Control', AN_HOUR)
  script() {
    return SCRIPT;
  }
}
