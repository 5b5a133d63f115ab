/** Logs in at `POST /login`, and answers with the cookie as a browser sends it. */
export async function cookieOf(url) {
  const answer = await fetch(`${url}/login`, { method: 'POST' });
  const [cookie] = answer.headers.getSetCookie();
  if (!answer.ok || cookie === undefined) throw new Error(`The login was answered with ${answer.status}, and no cookie.`);
  return { Cookie: cookie.split(';', 1)[0] };
}
