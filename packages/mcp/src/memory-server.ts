/**
 * The nine tools of the official memory server, by the same names and in the same shapes, on the memory of the swarm: whoever has used
 * that server changes one line of a configuration. Its resource is here, too, and tells those who subscribe of their own changes.
 */

import type { Ask } from "@herdmind/tools";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import {
  type CallToolResult,
  SubscribeRequestSchema,
  type ToolAnnotations,
  UnsubscribeRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import * as z from "zod";
import { agentName } from "./agent-name.js";
import { createGraph, type KnowledgeGraph } from "./graph.js";
import type { Naming } from "./naming.js";
import { version } from "./version.js";

export interface MemoryServerOptions {
  /** The space of the memory; default `graph`. */
  readonly space?: string;
  /** The agent in whose log writes stand; default: what the client calls itself. */
  readonly as?: string;
  readonly naming?: Naming;
}

const RESOURCE = "memory://knowledge-graph";

const entity = z.object({
  name: z.string().describe("The name of the entity"),
  entityType: z.string().describe("The type of the entity"),
  observations: z.array(z.string()).describe("An array of observation contents associated with the entity"),
});
const relation = z.object({
  from: z.string().describe("The name of the entity where the relation starts"),
  to: z.string().describe("The name of the entity where the relation ends"),
  relationType: z.string().describe("The type of the relation"),
});
const graphShape = { entities: z.array(entity), relations: z.array(relation) };
const doneShape = { success: z.boolean(), message: z.string() };

const READS: ToolAnnotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};
const ADDS: ToolAnnotations = { ...READS, readOnlyHint: false, idempotentHint: false };
const DELETES: ToolAnnotations = { ...READS, readOnlyHint: false, destructiveHint: true };

const answered = (shown: unknown, structured: { readonly [name: string]: unknown }): CallToolResult => ({
  content: [{ type: "text", text: JSON.stringify(shown, null, 2) }],
  structuredContent: { ...structured },
});
const shown = (graph: KnowledgeGraph): CallToolResult => answered(graph, { ...graph });
const done = (message: string): CallToolResult => ({
  content: [{ type: "text", text: message }],
  structuredContent: { success: true, message },
});

/** What a tool throws reaches the client as the tool's error, with its message. */
export const createMemoryServer = (ask: Ask, options: MemoryServerOptions = {}): McpServer => {
  const { space } = options;
  const server = new McpServer({
    name: "herdmind-memory",
    title: "Herdmind: a memory that is shared",
    version: version(),
  });
  const graph = createGraph(ask, { as: agentName(server, options), ...(space === undefined ? {} : { space }) });
  const subscribed = new Set<string>();
  const changed = (): void => {
    if (subscribed.has(RESOURCE)) void server.server.sendResourceUpdated({ uri: RESOURCE });
  };

  server.registerTool(
    "create_entities",
    {
      title: "Create Entities",
      description: "Create multiple new entities in the knowledge graph",
      inputSchema: { entities: z.array(entity) },
      outputSchema: { entities: z.array(entity) },
      annotations: ADDS,
    },
    async ({ entities }) => {
      const created = await graph.createEntities(entities);
      changed();
      return answered(created, { entities: created });
    },
  );

  server.registerTool(
    "create_relations",
    {
      title: "Create Relations",
      description:
        "Create multiple new relations between entities in the knowledge graph. Relations should be in active voice",
      inputSchema: { relations: z.array(relation) },
      outputSchema: { relations: z.array(relation) },
      annotations: ADDS,
    },
    async ({ relations }) => {
      const created = await graph.createRelations(relations);
      changed();
      return answered(created, { relations: created });
    },
  );

  server.registerTool(
    "add_observations",
    {
      title: "Add Observations",
      description: "Add new observations to existing entities in the knowledge graph",
      inputSchema: {
        observations: z.array(
          z.object({
            entityName: z.string().describe("The name of the entity to add the observations to"),
            contents: z.array(z.string()).describe("An array of observation contents to add"),
          }),
        ),
      },
      outputSchema: {
        results: z.array(z.object({ entityName: z.string(), addedObservations: z.array(z.string()) })),
      },
      annotations: ADDS,
    },
    async ({ observations }) => {
      const results = await graph.addObservations(observations);
      changed();
      return answered(results, { results });
    },
  );

  server.registerTool(
    "delete_entities",
    {
      title: "Delete Entities",
      description: "Delete multiple entities and their associated relations from the knowledge graph",
      inputSchema: { entityNames: z.array(z.string()).describe("An array of entity names to delete") },
      outputSchema: doneShape,
      annotations: DELETES,
    },
    async ({ entityNames }) => {
      await graph.deleteEntities(entityNames);
      changed();
      return done("Entities deleted successfully");
    },
  );

  server.registerTool(
    "delete_observations",
    {
      title: "Delete Observations",
      description: "Delete specific observations from entities in the knowledge graph",
      inputSchema: {
        deletions: z.array(
          z.object({
            entityName: z.string().describe("The name of the entity containing the observations"),
            observations: z.array(z.string()).describe("An array of observations to delete"),
          }),
        ),
      },
      outputSchema: doneShape,
      annotations: DELETES,
    },
    async ({ deletions }) => {
      await graph.deleteObservations(deletions);
      changed();
      return done("Observations deleted successfully");
    },
  );

  server.registerTool(
    "delete_relations",
    {
      title: "Delete Relations",
      description: "Delete multiple relations from the knowledge graph",
      inputSchema: { relations: z.array(relation).describe("An array of relations to delete") },
      outputSchema: doneShape,
      annotations: DELETES,
    },
    async ({ relations }) => {
      await graph.deleteRelations(relations);
      changed();
      return done("Relations deleted successfully");
    },
  );

  server.registerTool(
    "read_graph",
    {
      title: "Read Graph",
      description: "Read the entire knowledge graph",
      inputSchema: {},
      outputSchema: graphShape,
      annotations: READS,
    },
    async () => shown(await graph.read()),
  );

  server.registerTool(
    "search_nodes",
    {
      title: "Search Nodes",
      description: "Search for nodes in the knowledge graph based on a query",
      inputSchema: {
        query: z.string().describe("The search query to match against entity names, types, and observation content"),
      },
      outputSchema: graphShape,
      annotations: READS,
    },
    async ({ query }) => shown(await graph.search(query)),
  );

  server.registerTool(
    "open_nodes",
    {
      title: "Open Nodes",
      description: "Open specific nodes in the knowledge graph by their names",
      inputSchema: { names: z.array(z.string()).describe("An array of entity names to retrieve") },
      outputSchema: graphShape,
      annotations: READS,
    },
    async ({ names }) => shown(await graph.open(names)),
  );

  server.registerResource(
    "knowledge-graph",
    RESOURCE,
    {
      title: "Knowledge Graph",
      description: "The full knowledge graph with all entities and relations",
      mimeType: "application/json",
    },
    async ({ href }) => ({
      contents: [{ uri: href, mimeType: "application/json", text: JSON.stringify(await graph.read(), null, 2) }],
    }),
  );
  server.server.registerCapabilities({ resources: { subscribe: true } });
  server.server.setRequestHandler(SubscribeRequestSchema, async ({ params }) => {
    subscribed.add(params.uri);
    return {};
  });
  server.server.setRequestHandler(UnsubscribeRequestSchema, async ({ params }) => {
    subscribed.delete(params.uri);
    return {};
  });
  return server;
};
