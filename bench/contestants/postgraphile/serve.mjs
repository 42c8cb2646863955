// Serves PostGraphile over the views, as its manual says for production: node serve.mjs DATABASE_URL
import { createServer } from "node:http";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { makeV4Preset } from "postgraphile/presets/v4";

const preset = {
  extends: [PostGraphileAmberPreset, makeV4Preset({ disableDefaultMutations: true, simpleCollections: "omit" })],
  pgServices: [
    makePgService({ connectionString: process.argv[2], schemas: ["bench_views"], poolConfig: { max: 10 } }),
  ],
  grafserv: { graphqlPath: "/graphql", graphiql: false, watch: false },
  grafast: { explain: false },
};
const server = createServer();
const instance = postgraphile(preset);
await instance.createServ(grafserv).addTo(server);
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
