/** One unmodified client library against a real server over loopback: many calls at once. Prints JSON. */
const [name = '', url = '', callsText = ''] = process.argv.slice(2);
const load = async (library: string) => import(library);
const path = `${url}/plans`;

async function ok(response: Response): Promise<void> {
  await response.text();
  if (!response.ok) throw new Error(String(response.status));
}

const CLIENTS: Readonly<Record<string, () => Promise<() => Promise<unknown>>>> = {
  async 'azure core-rest-pipeline'() {
    const { createPipelineFromOptions, createDefaultHttpClient, createPipelineRequest } = await load('@azure/core-rest-pipeline');
    const pipeline = createPipelineFromOptions({});
    const http = createDefaultHttpClient();
    return async () => {
      const response = await pipeline.sendRequest(http, createPipelineRequest({ url: path, allowInsecureConnection: true }));
      if (response.status !== 200) throw new Error(String(response.status));
    };
  },
  async openai() {
    const { default: OpenAI } = await load('openai');
    const client = new OpenAI({ apiKey: 'k', baseURL: url });
    return () => client.get('/plans');
  },
  async ky() {
    const { default: ky } = await load('ky');
    // The limit of one attempt's time has nothing to do with how long the server asks to wait.
    return () => ky.get(path).text();
  },
  async 'axios-retry'() {
    const { default: axios } = await load('axios');
    const { default: axiosRetry } = await load('axios-retry');
    const client = axios.create();
    axiosRetry(client);
    return () => client.get(path);
  },
  async undici() {
    const { RetryAgent, Agent, request } = await load('undici');
    const dispatcher = new RetryAgent(new Agent());
    return async () => {
      const { statusCode, body } = await request(path, { dispatcher });
      await body.text();
      if (statusCode !== 200) throw new Error(String(statusCode));
    };
  },
  async "the page's rule"() {
    return async () => {
      for (let attempt = 1; ; attempt += 1) {
        const response = await fetch(path);
        if (response.status !== 429 || attempt === 5) return ok(response);
        await response.text();
        await new Promise((resolve) => setTimeout(resolve, Number(response.headers.get('retry-after')) * 1000));
      }
    };
  },
};

if (name === '--list') console.log(JSON.stringify(Object.keys(CLIENTS)));
else {
  const call = await (CLIENTS[name] as () => Promise<() => Promise<unknown>>)();
  const startedMs = performance.now();
  const results = await Promise.allSettled(Array.from({ length: Number(callsText) }, () => call()));
  const done = results.filter(({ status }) => status === 'fulfilled').length;
  console.log(JSON.stringify({ done, seconds: (performance.now() - startedMs) / 1000 }));
}
process.exit(0);
