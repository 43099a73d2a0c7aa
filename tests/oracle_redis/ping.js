// Pings a server with every Node client at hand. Reads one JSON object a line: a package (an npm alias such as `redis-4`)
// and a list of URLs. Writes a JSON list a line: `PONG`, or the error that the client gives.
'use strict';
const readline = require('readline');
const { createRequire } = require('module');

// The folder with `node_modules` comes as the argument: the script itself lies elsewhere.
const load = createRequire(process.argv[2] + '/');
console.warn = console.error = console.log = () => {};
process.emitWarning = () => {};
// A connection that breaks once its answer is known concerns nobody.
process.on('uncaughtException', () => {});
process.on('unhandledRejection', () => {});

function nodeRedis3(redis, url) {
    return new Promise((resolve, reject) => {
        const client = redis.createClient(url, { retry_strategy: ({ error }) => error || undefined });
        client.on('error', (error) => (client.end(false), reject(error)));
        client.ping((error, reply) => (client.end(false), error ? reject(error) : resolve(reply)));
    });
}

async function nodeRedis(redis, url) {
    const client = redis.createClient({ url, socket: { reconnectStrategy: false } });
    client.on('error', () => {});
    try {
        await client.connect();
        return await client.ping();
    } finally {
        // One that is closed already throws, at once or later.
        await (async () => (client.destroy || client.disconnect).call(client))().catch(() => {});
    }
}

async function ioredis(Redis, url) {
    const client = new Redis(url, { lazyConnect: true, retryStrategy: null, maxRetriesPerRequest: 0 });
    client.on('error', () => {});
    try {
        return await client.ping();
    } finally {
        client.disconnect();
    }
}

async function ask(name, url) {
    const read = name === 'redis-3' ? nodeRedis3 : name.startsWith('redis-') ? nodeRedis : ioredis;
    // Only TLS hangs where there is none; a busy machine takes its time.
    const patience = url.startsWith('rediss:') ? 5000 : 60000;
    const late = new Promise((resolve) => setTimeout(resolve, patience, 'hangs').unref());
    try {
        return await Promise.race([read(load(name), url), late]);
    } catch (error) {
        return error.message;
    }
}

async function main() {
    for await (const line of readline.createInterface({ input: process.stdin })) {
        const { library, urls } = JSON.parse(line);
        const answers = [];
        for (const url of urls) answers.push(await ask(library, url));
        process.stdout.write(JSON.stringify(answers) + '\n');
    }
    process.exit();
}
main();
