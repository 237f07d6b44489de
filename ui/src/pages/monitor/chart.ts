/** The drawing of trends by ECharts: only the pieces used, in the colours of the tokens. Fetched when first shown. */

import { BarChart, LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from 'echarts/components'
import { init, use, type EChartsCoreOption, type EChartsType } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'

import type { TrendPoint } from '@/api/monitor-types'
import { clockLength, type Formats } from '@/format/time'
import type { Curve } from './trends'

use([BarChart, LineChart, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, SVGRenderer])

export interface Drawing {
  points: readonly TrendPoint[]
  curve: Curve
  /** The goal of the service level, where one queue is drawn. */
  goal: number | null
  words: Record<'answered' | 'abandoned' | 'offered' | 'level' | 'average' | 'longest' | 'goal', string>
  format: Formats
}

function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
}

const MINUTE = 60_000

function seriesOf({ points, curve, goal, words }: Drawing): object[] {
  const line = (name: string, colour: string, values: (number | null)[], more: object = {}) => ({
    type: 'line',
    name,
    data: values,
    color: token(colour),
    symbol: 'none',
    lineStyle: { width: 2 },
    connectNulls: false,
    ...more,
  })
  const bar = (name: string, colour: string, values: number[]) => ({
    type: 'bar',
    name,
    stack: 'calls',
    data: values,
    color: token(colour),
    barCategoryGap: '25%',
  })
  switch (curve) {
    case 'calls':
      return [
        bar(
          words.answered,
          'talking',
          points.map((point) => point.answered),
        ),
        bar(
          words.abandoned,
          'unavailable',
          points.map((point) => point.abandoned),
        ),
        line(
          words.offered,
          'ink-3',
          points.map((point) => point.offered),
          { lineStyle: { width: 1.5, type: 'dashed' } },
        ),
      ]
    case 'level': {
      const mark = goal === null ? {} : { markLine: goalLine(goal, words.goal) }
      return [
        line(
          words.level,
          'accent',
          points.map((point) =>
            point.service_level === null ? null : Math.round(point.service_level * 100),
          ),
          mark,
        ),
      ]
    }
    case 'wait':
      return [
        line(
          words.average,
          'talking',
          points.map((point) => point.average_wait_ms),
        ),
        line(
          words.longest,
          'unavailable',
          points.map((point) => point.longest_wait_ms),
          { lineStyle: { width: 1.5, type: 'dotted' } },
        ),
      ]
  }
}

function goalLine(goal: number, name: string): object {
  return {
    silent: true,
    symbol: 'none',
    data: [{ yAxis: Math.round(goal * 100) }],
    lineStyle: { color: token('ready'), type: 'dashed' },
    label: { formatter: name, position: 'insideEndTop', color: token('ink-2'), fontSize: 11 },
  }
}

function optionOf(drawing: Drawing): EChartsCoreOption {
  const { points, curve, format } = drawing
  const text = token('ink-3')
  const value = (of: unknown) => {
    if (typeof of !== 'number') return '–'
    return curve === 'wait'
      ? clockLength(of)
      : curve === 'level'
        ? format.percent(of / 100)
        : format.number(of)
  }
  const longest = Math.max(...points.map((point) => point.longest_wait_ms), MINUTE)
  const minutes = Math.max(MINUTE, Math.ceil(longest / MINUTE / 4) * MINUTE)
  return {
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    grid: { left: 4, right: 8, top: 26, bottom: 2, containLabel: true },
    legend: {
      top: 0,
      right: 0,
      itemWidth: 12,
      itemHeight: 8,
      itemGap: 10,
      textStyle: { color: token('ink-2'), fontSize: 11 },
    },
    tooltip: {
      trigger: 'axis',
      confine: true,
      backgroundColor: token('surface'),
      borderColor: token('line-strong'),
      textStyle: { color: token('ink'), fontSize: 12 },
      valueFormatter: value,
    },
    xAxis: {
      type: 'category',
      data: points.map((point) => format.shortTime(point.at_ms)),
      axisLine: { lineStyle: { color: token('line-strong') } },
      axisTick: { show: false },
      axisLabel: { color: text, fontSize: 11, hideOverlap: true },
    },
    yAxis: {
      type: 'value',
      min: 0,
      ...(curve === 'level' ? { max: 100, interval: 25 } : {}),
      ...(curve === 'wait' ? { interval: minutes, max: Math.ceil(longest / minutes) * minutes } : {}),
      ...(curve === 'calls' ? { minInterval: 1 } : {}),
      splitNumber: 3,
      splitLine: { lineStyle: { color: token('line') } },
      axisLabel: { color: text, fontSize: 11, formatter: value },
    },
    series: seriesOf(drawing),
  }
}

/** Draws into `box`, and again with each call; the size follows the box. */
export function chartIn(box: HTMLElement): { draw(drawing: Drawing): void; end(): void } {
  const chart: EChartsType = init(box, null, { renderer: 'svg' })
  const watching = new ResizeObserver(() => {
    chart.resize()
  })
  watching.observe(box)
  return {
    draw(drawing) {
      chart.setOption(optionOf(drawing), { notMerge: true })
    },
    end() {
      watching.disconnect()
      chart.dispose()
    },
  }
}
