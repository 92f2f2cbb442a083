import * as echarts from 'echarts';
import { answeredShare } from './figures.ts';
import type { Scenario } from './scenarios.ts';
import type { Run } from './world.ts';

/** The share of answered calls for each second in which calls began, from two seconds before the trouble on. */
export interface Timeline {
  readonly name: string;
  readonly shares: readonly number[];
}

const leadMs = 2000;
const lower = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

export function timelineOf(name: string, { calls, from }: Run, { troubleMs, afterMs }: Scenario): Timeline {
  const seconds = (leadMs + troubleMs + afterMs) / 1000;
  const shares = Array.from({ length: seconds }, (_, second) => {
    const begin = from - leadMs + second * 1000;
    return answeredShare(calls.filter(({ startedAt }) => startedAt >= begin && startedAt < begin + 1000));
  });
  return { name, shares };
}

/** A block for each second; the more calls were answered, the higher the block. */
export function sparkline({ shares }: Timeline): string {
  return shares.map((share) => lower[Math.min(lower.length - 1, Math.floor(share * lower.length))]).join('');
}

const ink = '#24292f';
const others = ['#748ca3', '#2f9e44', '#9c36b5', '#e8a200', '#1971c2', '#495057'];
const colours: Readonly<Record<string, string>> = { Holdfast: '#d9480f', yours: '#0b7285' };

/** Lines over time, with the trouble shaded, drawn to an SVG with ECharts. */
export function lineChart({ name, title, troubleMs }: Scenario, lines: readonly Timeline[]): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 760, height: 340 });
  let next = 0;
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    title: { text: `${name}: ${title}`, left: 12, top: 8, textStyle: { fontSize: 14, color: ink } },
    legend: { bottom: 4, textStyle: { color: ink }, itemHeight: 8 },
    grid: { left: 52, right: 20, top: 44, bottom: 76 },
    xAxis: {
      type: 'value',
      min: -leadMs / 1000,
      max: 'dataMax',
      name: 'when the call began, in seconds from the beginning of the trouble',
      nameLocation: 'middle',
      nameGap: 24,
      nameTextStyle: { color: ink },
      axisLabel: { color: ink },
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      min: 0,
      max: 100,
      axisLabel: { color: ink, formatter: '{value} %' },
      splitLine: { lineStyle: { color: '#e5e8eb' } },
    },
    series: lines.map((line, index) => {
      const own = colours[line.name];
      const color = own ?? others[next++ % others.length];
      return {
        type: 'line',
        name: line.name,
        showSymbol: false,
        z: own ? 3 : 2,
        lineStyle: { width: own ? 3 : 1.5, color },
        itemStyle: { color },
        data: line.shares.map((share, second) => [second - leadMs / 1000 + 0.5, Math.round(share * 1000) / 10]),
        ...(index === 0 && {
          markArea: {
            silent: true,
            itemStyle: { color: '#f1f3f5' },
            data: [[{ xAxis: 0 }, { xAxis: troubleMs / 1000 }]],
          },
        }),
      };
    }),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${svg}\n`;
}
