import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { CurrentUser, SessionGuard, SessionModule, type AuthenticatedUser } from 'nestjs-hybrid-session';
import { keysOfThisProcess } from './keys.js';
import { MyAccounts } from './my-accounts.js';

@Controller()
class HelloController {
  @Get('hello')
  @UseGuards(SessionGuard)
  hello(@CurrentUser() user: AuthenticatedUser): string {
    return `Hello, ${user.username}`;
  }
}

@Module({
  imports: [
    SessionModule.forRootAsync({
      useFactory: async () => {
        const accounts = new MyAccounts();
        await accounts.add('ada', 'correct horse battery staple');
        return { publicUrl: `http://localhost:${process.env['PORT'] ?? 3000}`, accounts, ...keysOfThisProcess() };
      },
    }),
  ],
  controllers: [HelloController],
})
export class AppModule {}
