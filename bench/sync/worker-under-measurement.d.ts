// What the measuring Worker needs to know of the measured one, which the bundler puts in this module's place
// (bundle.ts). Its own types need the Workers runtime's, and these files are checked with Node's.

declare module "worker-under-measurement" {
  const worker: {
    fetch(request: Request, env: object, context: object): Response | Promise<Response>;
    queue(batch: { readonly queue: string }, env: object, context: object): Promise<void>;
  };
  export default worker;
  export class AccountSync {}
}
