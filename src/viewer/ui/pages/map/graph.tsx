/** The map as a drawing; the table below it says the same in words. */
import {
  BaseEdge,
  Controls,
  type Edge,
  EdgeLabelRenderer,
  type EdgeProps,
  getBezierPath,
  Handle,
  MarkerType,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
} from '@xyflow/react';
import { useMemo } from 'react';
import type { ServiceMap } from '../../../wire.ts';
import { duration, percent } from '../../units.ts';
import { rate } from '../../parts/rate.ts';
import { layOut, NODE_HEIGHT, NODE_WIDTH, type Place } from './layout.ts';

type Service = ServiceMap['services'][number];
type Call = ServiceMap['calls'][number];
type ServiceNode = Node<{ service: Service }, 'service'>;
type CallEdge = Edge<{ call: Call; label: Place | undefined }, 'call'>;

const kinds: Readonly<Record<Service['kind'], { readonly name: string; readonly hue: string }>> = {
  service: { name: 'service', hue: 'http' },
  database: { name: 'database', hue: 'database' },
  ai: { name: 'model', hue: 'ai' },
  queue: { name: 'queue', hue: 'queue' },
  cache: { name: 'cache', hue: 'cache' },
  external: { name: 'outside', hue: 'internal' },
};
/** From one failure in twenty on, the edge says so from afar. */
const MANY_FAILURES = 0.05;

function ServiceBox({ data: { service } }: NodeProps<ServiceNode>) {
  const { name, hue } = kinds[service.kind];
  return (
    <div className={`service t-${hue}`}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <strong title={service.name}>{service.name}</strong>
      <span className="soft">
        {name} · {rate(service.ratePerMinute)}
      </span>
      <span className="soft">
        p95 {duration(service.p95Millis)}
        {service.errors > 0 && <span className="error"> · {percent(service.errors / service.count)} failed</span>}
      </span>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
}

/** A line that passes under its label, level there and at both ends. */
function pathThrough({ sourceX, sourceY, targetX, targetY }: EdgeProps<CallEdge>, { x, y }: Place): string {
  const [before, after] = [(sourceX + x) / 2, (x + targetX) / 2];
  return `M${sourceX} ${sourceY}C${before} ${sourceY} ${before} ${y} ${x} ${y}C${after} ${y} ${after} ${targetY} ${targetX} ${targetY}`;
}

function CallLine(props: EdgeProps<CallEdge>) {
  const [direct, middleX, middleY] = getBezierPath(props);
  const { call, label } = props.data ?? {};
  if (call === undefined) return null;
  const failed = call.errors / call.count;
  const { x, y } = label ?? { x: middleX, y: middleY };
  const path = label === undefined ? direct : pathThrough(props, label);
  return (
    <>
      <BaseEdge
        id={props.id}
        path={path}
        className={failed >= MANY_FAILURES ? 'bad' : ''}
        {...(props.markerEnd === undefined ? {} : { markerEnd: props.markerEnd })}
      />
      <EdgeLabelRenderer>
        <div
          className={`call-label t-${call.type}${failed >= MANY_FAILURES ? ' bad' : ''}`}
          style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}
        >
          {rate(call.ratePerMinute)} · p95 {duration(call.p95Millis)}
          {call.errors > 0 && <span className="error"> · {percent(failed)} failed</span>}
        </div>
      </EdgeLabelRenderer>
    </>
  );
}

const nodeTypes = { service: ServiceBox };
const edgeTypes = { call: CallLine };

export function Graph({ map }: { readonly map: ServiceMap }) {
  const { nodes, edges, tall } = useMemo(() => {
    const { nodes: places, label } = layOut(map);
    const known = new Set(map.services.map(({ name }) => name));
    return {
      nodes: map.services.map((service): ServiceNode => ({
        id: service.name,
        type: 'service',
        position: places.get(service.name) ?? { x: 0, y: 0 },
        data: { service },
        width: NODE_WIDTH,
        height: NODE_HEIGHT,
        ariaLabel: `${service.name}, ${kinds[service.kind].name}`,
      })),
      edges: map.calls
        .filter(({ from, to }) => known.has(from) && known.has(to))
        .map((call): CallEdge => ({
          id: JSON.stringify([call.from, call.to, call.type]),
          source: call.from,
          target: call.to,
          type: 'call',
          data: { call, label: label(call.from, call.to, call.type) },
          markerEnd: { type: MarkerType.ArrowClosed, width: 16, height: 16 },
          ariaLabel: `${call.from} calls ${call.to}`,
        })),
      tall: Math.max(...[...places.values()].map(({ y }) => y)) + NODE_HEIGHT,
    };
  }, [map]);
  return (
    <div className="graph" style={{ height: Math.min(Math.max(tall + 48, 320), 880) }}>
      <ReactFlow<ServiceNode, CallEdge>
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        preventScrolling={false}
        zoomOnScroll={false}
        minZoom={0.2}
        maxZoom={1.5}
        fitView
        fitViewOptions={{ padding: 0.08, maxZoom: 1 }}
        proOptions={{ hideAttribution: true }}
      >
        <Controls showInteractive={false} />
      </ReactFlow>
    </div>
  );
}
