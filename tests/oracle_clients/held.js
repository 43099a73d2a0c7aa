// Says what real Node clients hold once they have read their settings, and connects to nothing.
//
// Reads one JSON object a line from standard input: a package (an npm alias such as `redis-4`) and a list of cases
// (`url`, `arguments`). Writes a JSON list a line: what the client holds, or the error it threw.
'use strict';
const net = require('net');
const tls = require('tls');
const readline = require('readline');
const { createRequire } = require('module');

// The folder with `node_modules` comes as the argument: the script itself lies elsewhere.
const load = createRequire(process.argv[2] + '/');
console.warn = console.error = () => {};
process.emitWarning = () => {};

// node-redis 3 opens its connection in the constructor: it gets one that nobody opens.
let asked;
net.createConnection = (options) => ((asked = options), new net.Socket());
tls.connect = (options) => ((asked = options), new net.Socket());

function nodeRedis3(redis, url, options) {
    const client = url === null ? redis.createClient(options) : redis.createClient(url, options);
    client.on('error', () => {});
    const { host, port, path } = asked;
    const { auth_user: username, auth_pass: password } = client;
    return { host, port, db: client.selected_db, username, password, tls: !!client.options.tls, socket: path };
}

function nodeRedis(redis, url, options) {
    const { host, port, tls, db: database, ...rest } = options;
    const socket = Object.fromEntries(Object.entries({ host, port, tls }).filter(([, value]) => value !== undefined));
    const all = { ...rest, ...(database === undefined ? {} : { database }), ...(Object.keys(socket).length ? { socket } : {}) };
    const client = redis.createClient(url === null ? all : { url, ...all });
    const got = client.options || {};
    const held = got.socket || {};
    return {
        host: held.host || 'localhost', port: held.port || 6379, db: got.database, username: got.username,
        password: got.password, tls: !!held.tls, socket: held.path,
    };
}

function ioredis(Redis, url, options) {
    const all = { lazyConnect: true, ...options };
    const got = (url === null ? new Redis(all) : new Redis(url, all)).options;
    return {
        host: got.host, port: got.port, db: got.db, username: got.username, password: got.password, tls: !!got.tls,
        socket: got.path,
    };
}

function ask(name, { url, arguments: options }) {
    const library = load(name);
    const read = name === 'redis-3' ? nodeRedis3 : name.startsWith('redis-') ? nodeRedis : ioredis;
    try {
        const held = read(library, url, options);
        // NaN becomes null in JSON, and no database is what it means.
        return Object.fromEntries(Object.entries(held).map(([key, value]) => [key, value === '' || value === undefined ? null : value]));
    } catch (error) {
        return { error: `${error.name}: ${error.message}` };
    }
}

readline.createInterface({ input: process.stdin }).on('line', (line) => {
    const { library, cases } = JSON.parse(line);
    process.stdout.write(JSON.stringify(cases.map((one) => ask(library, one))) + '\n');
}).on('close', () => process.exit());
