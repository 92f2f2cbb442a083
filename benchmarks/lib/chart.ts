import * as echarts from 'echarts';

export interface Bar {
  readonly name: string;
  readonly value: number;
}

const [ours, theirs, ink] = ['#d9480f', '#748ca3', '#24292f'];

/**
 * Draws horizontal bars to an SVG with ECharts, the smallest on top. The scale is logarithmic, because the largest figure
 * is a hundred times the smallest.
 */
export function barChart(title: string, bars: readonly Bar[], unit: string, digits = 1): string {
  const sorted = bars.toSorted((a, b) => b.value - a.value);
  const height = 70 + 24 * bars.length;
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 760, height });
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    title: { text: title, left: 12, top: 8, textStyle: { fontSize: 14, color: ink } },
    grid: { left: 250, right: 70, top: 44, bottom: 12 },
    xAxis: { type: 'log', min: lowerDecade(sorted.map(({ value }) => value)), show: false },
    yAxis: {
      type: 'category',
      data: sorted.map(({ name }) => name),
      axisTick: { show: false },
      axisLine: { show: false },
      axisLabel: { color: ink, width: 235, overflow: 'truncate' },
    },
    series: [
      {
        type: 'bar',
        barWidth: 14,
        data: sorted.map(({ name, value }) => ({
          value,
          itemStyle: { color: name.startsWith('Holdfast') ? ours : theirs },
        })),
        label: {
          show: true,
          position: 'right',
          color: ink,
          formatter: ({ value }: { value: unknown }) => `${Number(value).toFixed(digits)}${unit}`,
        },
      },
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${svg}\n`;
}

/** The start of the axis: slightly below the smallest figure, so that its bar is visible. */
function lowerDecade(values: readonly number[]): number {
  return Math.min(...values) / 2;
}
