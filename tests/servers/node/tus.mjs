// tus 1.0 by the people of the protocol: `node tus.mjs PORT FOLDER`.
import { FileStore } from "@tus/file-store";
import { Server } from "@tus/server";

const [port, directory] = process.argv.slice(2);
const settings = { path: "/files", datastore: new FileStore({ directory }), maxSize: 16 << 20 };
new Server(settings).listen({ host: "127.0.0.1", port: Number(port) });
