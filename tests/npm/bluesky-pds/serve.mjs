// Bluesky's own server, set up by the variables PDS_*: node serve.mjs TOOLS
import { createRequire } from 'node:module'

const { PDS, envToCfg, envToSecrets, readEnv } = createRequire(`${process.argv[2]}/`)('@atproto/pds')
const given = readEnv()
const server = await PDS.create(envToCfg(given), envToSecrets(given))
await server.start()
