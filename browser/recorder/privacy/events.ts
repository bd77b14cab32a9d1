/** The parts of rrweb's events that privacy looks into, by short names. */

import type { EventType, eventWithTime, IncrementalSource } from "rrweb";

export type { eventWithTime };

type EventOf<Type extends EventType> = Extract<eventWithTime, { type: Type }>;
export type IncrementalData = EventOf<EventType.IncrementalSnapshot>["data"];
type DataOf<Source extends IncrementalSource> = Extract<IncrementalData, { source: Source }>;

export type Mutation = DataOf<IncrementalSource.Mutation>;
export type InputData = DataOf<IncrementalSource.Input>;
export type SelectionData = DataOf<IncrementalSource.Selection>;

/** A node as rrweb writes it. */
export type NodeRecord = EventOf<EventType.FullSnapshot>["data"]["node"];
/** Attributes as they stand in a snapshot or in a mutation: texts, and style as an object. */
export type AttributeRecord = Record<string, unknown>;
