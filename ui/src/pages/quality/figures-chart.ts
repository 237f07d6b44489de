/** Rates and their intervals drawn by ECharts: a dot for the rate, a line with ends for the interval. */

import { CustomChart, LineChart, ScatterChart } from 'echarts/charts'
import { GridComponent, TooltipComponent } from 'echarts/components'
import { init, use, type EChartsCoreOption, type EChartsType } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'

import type { FigureRow } from '@/api/figures-types'
import { axisEnd, percents } from './figures'

use([CustomChart, LineChart, ScatterChart, GridComponent, TooltipComponent, SVGRenderer])

export interface Drawing {
  rows: readonly FigureRow[]
  /** Time runs from left to right; everything else stands in lines, as the table beside it. */
  overTime: boolean
  nameOf: (row: FigureRow) => string
  /** What is said of a row that is pointed at. */
  tell: (row: FigureRow) => string
  /** A row was chosen. */
  open: (row: FigureRow) => void
}

/** Up to this width, in px, names are small and the axis has few figures. */
const NARROW = 500

function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
}

interface RenderApi {
  value: (dimension: number) => number
  coord: (point: number[]) => number[]
}

/** The interval of one row: a line with a short stroke at each end. */
function whisker(overTime: boolean, colour: string) {
  return (_: unknown, api: RenderApi) => {
    const place = api.value(0)
    const at = (share: number) => api.coord(overTime ? [place, share] : [share, place]) as [number, number]
    const [x1, y1] = at(api.value(1))
    const [x2, y2] = at(api.value(2))
    const end = 5
    const style = { stroke: colour, lineWidth: 2 }
    const line = (a: number, b: number, c: number, d: number) => ({
      type: 'line',
      shape: { x1: a, y1: b, x2: c, y2: d },
      style,
    })
    return {
      type: 'group',
      children: overTime
        ? [line(x1, y1, x2, y2), line(x1 - end, y1, x1 + end, y1), line(x2 - end, y2, x2 + end, y2)]
        : [line(x1, y1, x2, y2), line(x1, y1 - end, x1, y1 + end), line(x2, y2 - end, x2, y2 + end)],
    }
  }
}

function optionOf({ rows, overTime, nameOf, tell }: Drawing, width: number): EChartsCoreOption {
  const shares = rows.map((row) => percents(row))
  const names = rows.map(nameOf)
  const category = {
    type: 'category',
    data: names,
    inverse: !overTime,
    axisLine: { lineStyle: { color: token('line-strong') } },
    axisTick: { show: false },
    axisLabel: {
      color: token('ink-2'),
      fontSize: 12,
      ...(overTime
        ? { hideOverlap: true }
        : {
            width: width > NARROW ? (width > 800 ? 280 : 180) : 120,
            overflow: 'break',
            lineHeight: 12,
            fontSize: width > NARROW ? 12 : 11,
            interval: 0,
          }),
    },
  }
  const value = {
    type: 'value',
    min: 0,
    max: axisEnd(rows),
    splitLine: { lineStyle: { color: token('line') } },
    // on a phone there is room for few figures
    ...(width > NARROW || overTime ? {} : { splitNumber: 2 }),
    axisLabel: { color: token('ink-3'), fontSize: 11, formatter: '{value}%', hideOverlap: true },
  }
  const point = (i: number, share: number) => (overTime ? [i, share] : [share, i])
  const dots = shares.flatMap((share, i) => (share ? [{ value: point(i, share[0]), row: i }] : []))
  return {
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    grid: { left: 8, right: 24, top: 8, bottom: 4, containLabel: true },
    tooltip: {
      trigger: 'item',
      confine: true,
      backgroundColor: token('surface'),
      borderColor: token('line-strong'),
      textStyle: { color: token('ink'), fontSize: 12 },
      formatter: (of: { data?: { row?: number } }) => {
        const row = rows[of.data?.row ?? -1]
        return row ? escaped(`${nameOf(row)}\n${tell(row)}`).replaceAll('\n', '<br>') : ''
      },
    },
    xAxis: overTime ? category : value,
    yAxis: overTime ? value : category,
    series: [
      {
        type: 'custom',
        data: shares.flatMap((share, i) => (share ? [{ value: [i, share[1], share[2]], row: i }] : [])),
        encode: overTime ? { x: 0, y: [1, 2] } : { x: [1, 2], y: 0 },
        renderItem: whisker(overTime, token('ink-3')),
      },
      ...(overTime
        ? [
            {
              type: 'line',
              data: shares.map((share) => share?.[0] ?? null),
              symbol: 'none',
              color: token('accent'),
              lineStyle: { width: 1.5 },
            },
          ]
        : []),
      { type: 'scatter', data: dots, symbolSize: 9, color: token('accent'), cursor: 'pointer' },
    ],
  }
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

/** Draws into `box`, and again with each call; the size follows the box. */
export function figuresIn(box: HTMLElement): { draw(drawing: Drawing): void; end(): void } {
  const chart: EChartsType = init(box, null, { renderer: 'svg' })
  let shown: Drawing | null = null
  const draw = () => {
    if (shown) chart.setOption(optionOf(shown, chart.getWidth()), { notMerge: true })
  }
  const watching = new ResizeObserver(() => {
    chart.resize()
    draw()
  })
  watching.observe(box)
  chart.on('click', (event) => {
    const place = (event.data as { row?: number } | undefined)?.row
    const row = shown?.rows[place ?? -1]
    if (row) shown?.open(row)
  })
  return {
    draw(drawing) {
      shown = drawing
      draw()
    },
    end() {
      watching.disconnect()
      chart.dispose()
    },
  }
}
