import type { CodegenConfig } from "@graphql-codegen/cli";
import { scalars } from "./scalars";

const config: CodegenConfig = {
  schema: "schema.graphql",
  documents: "src/**/*.ts",
  generates: {
    "src/generated/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: { scalars, strictScalars: true, useTypeImports: true, emitLegacyCommonJSImports: false },
    },
  },
};
export default config;
