// Draws one dashboard from its JSON and Prometheus' answers with Grafana's panel components. Not a Grafana: what
// the server and its plugins do (variables, transformations, layout) is done here in the few lines that this needs.
import React from 'react';
import { createRoot } from 'react-dom/client';
const {
  EventBusSrv,
  FieldConfigOptionsRegistry,
  FieldType,
  applyFieldOverrides,
  createTheme,
  dateTime,
  fieldReducers,
  getDisplayProcessor,
  standardEditorsRegistry,
  standardFieldConfigEditorRegistry,
  ThemeContext,
  toDataFrame,
} = require('@grafana/data'); // the CommonJS builds: esbuild reads default exports of theirs aright
const { BigValue, PanelChrome, PanelContextProvider, Table, TimeSeries } = require('@grafana/ui');

const GAP = 8;
const ROW = 30; // pixels of a grid row, as in Grafana
const theme = createTheme({ colors: { mode: 'dark' } });
const plain = (id, isCustom) => ({
  id,
  path: isCustom ? id.replace('custom.', '') : id,
  isCustom,
  name: id,
  process: (value) => value,
  shouldApply: () => true,
});
const registry = new FieldConfigOptionsRegistry();
for (const id of ['unit', 'min', 'max', 'decimals', 'displayName', 'noValue', 'thresholds', 'mappings', 'links', 'color']) {
  registry.register(plain(id, false));
}
for (const id of ['drawStyle', 'fillOpacity', 'showPoints', 'stacking', 'thresholdsStyle', 'align', 'cellOptions', 'filterable', 'inspect', 'minWidth']) {
  registry.register(plain(`custom.${id}`, true));
}
standardEditorsRegistry.setInit(() => []);
standardFieldConfigEditorRegistry.setInit(() => []);

const named = (target, labels) => {
  const legend = target.legendFormat;
  return legend ? legend.replace(/\{\{(\w+)\}\}/g, (_, label) => labels[label] ?? '') : Object.values(labels).join(' ');
};

const numbers = (panel) =>
  panel.targets.flatMap((target) =>
    panel.answers[target.refId].map(({ metric, value, values }) => {
      const points = values ?? [value];
      return toDataFrame({
        refId: target.refId,
        fields: [
          { name: 'Time', type: FieldType.time, values: points.map(([at]) => at * 1000) },
          {
            name: named(target, metric) || panel.title,
            type: FieldType.number,
            values: points.map(([, number]) => Number(number)),
            config: { displayNameFromDS: named(target, metric) || panel.title },
          },
        ],
      });
    })
  );

// The transformations merge and organize: a row for each set of labels, a column for each query.
const merged = (panel) => {
  const renamed = panel.transformations.find(({ id }) => id === 'organize').options.renameByName;
  const columns = panel.targets.map(({ refId }) => renamed[`Value #${refId}`] ?? renamed.Value);
  const rows = new Map();
  panel.targets.forEach(({ refId }, place) => {
    for (const { metric, value } of panel.answers[refId]) {
      const key = JSON.stringify(metric);
      rows.set(key, rows.get(key) ?? { metric, values: columns.map(() => null) });
      rows.get(key).values[place] = Number(value[1]);
    }
  });
  const all = [...rows.values()];
  const [sort] = panel.options.sortBy ?? [];
  const at = sort ? columns.indexOf(sort.displayName) : -1;
  if (at >= 0) {
    all.sort((a, b) => ((a.values[at] ?? 0) - (b.values[at] ?? 0)) * (sort.desc ? -1 : 1));
  }
  const labels = [...new Set(all.flatMap(({ metric }) => Object.keys(metric)))];
  return toDataFrame({
    fields: [
      ...labels.map((name) => ({ name, type: FieldType.string, values: all.map(({ metric }) => metric[name]) })),
      ...columns.map((name, place) => ({ name, type: FieldType.number, values: all.map(({ values }) => values[place]) })),
    ],
  });
};

// A time series has a colour of its own where nobody says otherwise.
const coloured = ({ defaults, overrides }) => ({ defaults: { color: { mode: 'palette-classic' }, ...defaults }, overrides });

const configured = (panel, frames) =>
  applyFieldOverrides({
    data: frames,
    fieldConfig: panel.type === 'timeseries' ? coloured(panel.fieldConfig) : panel.fieldConfig,
    replaceVariables: (text) => text,
    theme,
    timeZone: 'utc',
    fieldConfigRegistry: registry,
  });

const Stat = ({ panel, width, height }) => {
  const frames = configured(panel, numbers(panel));
  const fields = frames.map(({ fields: [, field] }) => field);
  if (!fields.length) {
    const nothing = { config: panel.fieldConfig.defaults, type: FieldType.number, values: [] };
    return <BigValue value={getDisplayProcessor({ field: nothing, theme })(null)} width={width} height={height} theme={theme} colorMode="value" />;
  }
  const each = Math.floor(width / fields.length);
  return (
    <div style={{ display: 'flex' }}>
      {fields.map((field, place) => {
        const value = field.display(fieldReducers.get('lastNotNull').reduce(field, true, true).lastNotNull);
        const title = fields.length > 1 ? field.name : '';
        return <BigValue key={place} value={{ ...value, title }} width={each} height={height} theme={theme} colorMode="value" />;
      })}
    </div>
  );
};

const Course = ({ panel, board, width, height }) => (
  <TimeSeries
    frames={configured(panel, numbers(panel))}
    width={width}
    height={height}
    timeZone="utc"
    timeRange={{ from: dateTime(board.from), to: dateTime(board.to), raw: { from: 'now-150s', to: 'now' } }}
    legend={panel.options.legend}
    options={panel.options}
  />
);

const Listing = ({ panel, width, height }) => {
  const [frame] = configured(panel, [merged(panel)]);
  return frame.length ? <Table data={frame} width={width - 2 * GAP} height={height} theme={theme} timeRange={{}} /> : <p style={{ padding: 16 }}>none</p>;
};

const KINDS = { stat: Stat, timeseries: Course, table: Listing };

const Panel = ({ panel, board, unit }) => {
  const { x, y, w, h } = panel.gridPos;
  const place = { position: 'absolute', left: x * unit, top: y * (ROW + GAP) };
  const width = w * unit - GAP;
  const height = h * (ROW + GAP) - GAP;
  if (panel.type === 'row') {
    return <div style={{ ...place, width, height, fontWeight: 500, lineHeight: `${height}px` }}>⌄ {panel.title}</div>;
  }
  const Kind = KINDS[panel.type];
  return (
    <div style={place}>
      <PanelChrome title={panel.title} width={width} height={height}>
        {(inner, tall) =>
          panel.type === 'timeseries' && !numbers(panel).length ? <p>No data</p> : <Kind panel={panel} board={board} width={inner} height={tall} />
        }
      </PanelChrome>
    </div>
  );
};

const board = window.DASHBOARD;
const unit = (window.innerWidth - GAP) / 24;
const style = { position: 'relative', margin: GAP, color: theme.colors.text.primary, fontFamily: 'sans-serif', fontSize: 14 };
document.body.style = `margin: 0; background: ${theme.colors.background.canvas}`;
document.head.insertAdjacentHTML('beforeend', '<style>button, [role=columnheader] { background: none; border: 0; color: inherit }</style>');
createRoot(document.getElementById('root')).render(
  <ThemeContext.Provider value={theme}>
    <PanelContextProvider value={{ eventsScope: '', eventBus: new EventBusSrv() }}>
      <div style={style}>
        {board.panels.map((panel) => (
          <Panel key={panel.id} panel={panel} board={board} unit={unit} />
        ))}
      </div>
    </PanelContextProvider>
  </ThemeContext.Provider>
);
