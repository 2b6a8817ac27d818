// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/load/load_view.h"

#include "views/load/load_controls.h"
#include "views/load/load_plot.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <cmath>

namespace expertscope {

namespace {

QLabel* centredText(const QString& text, QWidget* parent)
{
    auto* label = new QLabel(text, parent);
    label->setAlignment(Qt::AlignCenter);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    return label;
}

QLabel* heading(const QString& text, QWidget* parent)
{
    QLabel* label = centredText(text, parent);
    QFont font = label->font();
    font.setPointSizeF(font.pointSizeF() * 1.5);
    label->setFont(font);
    return label;
}

QWidget* centredPage(QWidget* parent, const QList<QWidget*>& widgets)
{
    auto* page = new QWidget(parent);
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(48, 48, 48, 48);
    layout->setSpacing(12);
    layout->addStretch(2);
    for (QWidget* widget : widgets) {
        const bool text = qobject_cast<QLabel*>(widget) != nullptr;
        layout->addWidget(widget, 0, text ? Qt::Alignment() : Qt::AlignHCenter);
    }
    layout->addStretch(3);
    return page;
}

QString grouped(std::uint64_t number)
{
    return QLocale(QLocale::English).toString(qulonglong(number));
}

QString significant(double value)
{
    return QString::number(value, 'g', 3);
}

}

LoadView::LoadView(TraceOpener opener, QWidget* parent)
    : QWidget(parent)
    , m_opener(std::move(opener))
{
    buildPages();
    connect(&m_openJob, &JobTracker::progressed, this,
        [this](double fraction) { m_progress->setValue(int(fraction * 1000)); });
    connect(m_controls, &LoadControls::changed, this, &LoadView::select);
    connect(m_plot, &LoadPlot::currentChanged, this, &LoadView::updateReadout);
    connect(m_plot, &LoadPlot::viewChanged, this, &LoadView::updateReadout);
    setState(State::Empty);
}

LoadView::~LoadView() = default;

void LoadView::buildPages()
{
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    m_pages = new QStackedWidget(this);
    outer->addWidget(m_pages);

    auto* openButton = new QPushButton("Open trace…", this);
    openButton->setObjectName("emptyOpen");
    openButton->setMinimumSize(150, 32);
    connect(openButton, &QPushButton::clicked, this, &LoadView::openRequested);
    auto* hint =
        centredText("Open a routing trace, or drop its .h5 file here.\nNo trace yet? Record one in a terminal:", this);
    hint->setProperty("faint", true);
    auto* command = centredText("expertscope capture --model MODEL --prompts prompts.jsonl -o trace.h5", this);
    command->setObjectName("emptyCommand");
    QFont mono("monospace");
    mono.setStyleHint(QFont::Monospace);
    command->setFont(mono);
    m_pages->addWidget(
        centredPage(this, {heading("Which experts does the model use?", this), hint, command, openButton}));

    m_loadingLabel = centredText(QString(), this);
    m_progress = new QProgressBar(this);
    m_progress->setRange(0, 1000);
    m_progress->setFixedWidth(360);
    m_progress->setTextVisible(false);
    auto* stop = new QPushButton("Cancel", this);
    stop->setObjectName("loadingCancel");
    stop->setMinimumSize(150, 32);
    connect(stop, &QPushButton::clicked, this, &LoadView::cancel);
    m_pages->addWidget(centredPage(this, {m_loadingLabel, m_progress, stop}));

    m_errorLabel = centredText(QString(), this);
    m_errorLabel->setProperty("error", true);
    m_errorLabel->setObjectName("errorText");
    auto* another = new QPushButton("Open another trace…", this);
    another->setObjectName("errorOpen");
    another->setMinimumSize(190, 32);
    connect(another, &QPushButton::clicked, this, &LoadView::openRequested);
    m_pages->addWidget(centredPage(this, {heading("This trace cannot be shown", this), m_errorLabel, another}));

    auto* ready = new QWidget(this);
    auto* layout = new QVBoxLayout(ready);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    m_controls = new LoadControls(ready);
    layout->addWidget(m_controls);
    m_plot = new LoadPlot(ready);
    layout->addWidget(m_plot, 1);
    auto* bar = new QFrame(ready);
    bar->setObjectName("readout");
    auto* barLayout = new QHBoxLayout(bar);
    barLayout->setContentsMargins(12, 6, 12, 6);
    barLayout->setSpacing(16);
    m_readout = new QLabel(bar);
    m_readout->setObjectName("readoutText");
    m_readout->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_readout->setMinimumWidth(0);
    m_note = new QLabel(bar);
    m_note->setObjectName("reducerNote");
    m_note->setProperty("faint", true);
    barLayout->addWidget(m_readout, 1);
    barLayout->addWidget(m_note);
    layout->addWidget(bar);
    m_pages->addWidget(ready);
}

void LoadView::setState(State state)
{
    m_state = state;
    m_pages->setCurrentIndex(int(state));
    emit stateChanged();
}

void LoadView::open(const QString& path)
{
    if (m_state != State::Loading)
        m_before = m_state;
    m_filterJob.cancel();
    m_loadingLabel->setText("Reading " + path);
    m_progress->setValue(0);
    m_openJob.start([this, opener = m_opener, path](const JobTracker::Handle& handle) -> JobTracker::Delivery {
        auto opened = opener(path);
        if (!opened)
            return [this, error = opened.error()] { showError(error); };
        PassOptions options;
        options.progress = [&handle](double fraction) {
            handle.progress(fraction);
            return !handle.cancelled();
        };
        auto table = loadTable(*opened->source, options);
        if (!table)
            return [this, error = table.error()] { showError(error); };
        if (opened->source->shape().sites.empty())
            return [this, path] { showError({"the trace has no routers", path.toStdString(), {}}); };
        LoadTables tables;
        tables.shape = std::make_shared<RoutingShape>(opened->source->shape());
        tables.all = std::make_shared<LoadTable>(std::move(*table));
        tables.selected = tables.all;
        return [this, opened = std::move(*opened), tables] {
            m_source = opened.source;
            m_facts = opened.facts;
            m_tables = tables;
            m_filtered.clear();
            m_error.clear();
            m_controls->setLabels(tables.shape->labels);
            select();
            setState(State::Ready);
            emit this->opened();
            m_plot->setFocus();
        };
    });
    setState(State::Loading);
}

void LoadView::cancel()
{
    if (m_state != State::Loading)
        return;
    m_openJob.cancel();
    setState(m_before);
}

void LoadView::showError(const Error& error)
{
    m_error = QString::fromStdString(error.message());
    m_errorLabel->setText(m_error);
    setState(State::Error);
}

QString LoadView::errorText() const
{
    return m_state == State::Error ? m_error : QString();
}

void LoadView::select()
{
    FigureSpec spec;
    m_controls->apply(spec);
    if (spec.where.empty()) {
        m_filterJob.cancel();
        m_tables.selected = m_tables.all;
        return redraw();
    }
    const auto key = std::pair(spec.where[0].label, spec.where[0].value);
    if (const auto known = m_filtered.find(key); known != m_filtered.end()) {
        m_filterJob.cancel();
        m_tables.selected = known->second;
        return redraw();
    }
    m_note->setText("Counting " + QString::fromStdString(key.first + "=" + key.second) + " …");
    m_filterJob.start([this, source = m_source, spec, key](const JobTracker::Handle& handle) -> JobTracker::Delivery {
        PassOptions options;
        options.where = spec.where;
        options.progress = [&handle](double) { return !handle.cancelled(); };
        auto table = loadTable(*source, options);
        if (!table)
            return [this, error = table.error()] { showError(error); };
        return [this, key, table = std::make_shared<const LoadTable>(std::move(*table))] {
            m_filtered[key] = table;
            m_tables.selected = table;
            redraw();
        };
    });
}

void LoadView::redraw()
{
    if (!m_tables.all)
        return;
    FigureSpec spec;
    m_controls->apply(spec);
    spec.tracePath = m_facts.path;
    spec.traceUuid = m_facts.uuid;
    m_loadMap = std::make_unique<LoadMap>(m_tables, spec);
    const HeatMap& map = *m_loadMap->map();
    m_controls->applyLimits(spec, map);
    const auto scale = resolveScale(spec, map);
    if (!scale)
        return showError(scale.error());
    m_spec = spec;
    m_scale = *scale;
    m_controls->showLimits(*spec.limits, spec.scale == ScaleKind::Log2);
    m_plot->setMap(m_loadMap->map(), m_scale, *spec.reducer);
    updateReadout();
    emit mapChanged();
}

QString LoadView::readout() const
{
    if (!m_loadMap || !m_plot->current())
        return {};
    const auto cell = m_loadMap->cell(m_plot->current()->first, m_plot->current()->second);
    if (!cell)
        return "This layer has no such expert";
    QStringList parts{QString("Layer %1").arg(cell->layer), QString("expert %1").arg(cell->expert.value),
        QString("%1 choices").arg(grouped(cell->count)),
        std::isnan(cell->share) ? QString("no choices here") : "share " + significant(100 * cell->share) + " %",
        "relative load " + significant(cell->relative),
        QString("rank %1 of %2").arg(cell->rank + 1).arg(m_tables.shape->sites[std::size_t(cell->site)].numExperts)};
    if (!m_spec.where.empty() && !std::isnan(cell->ratioToAll))
        parts << significant(cell->ratioToAll) + " × whole trace";
    if (cell->count == 0)
        parts << "never chosen";
    return parts.join("   ·   ");
}

void LoadView::updateReadout()
{
    const QString text = readout();
    m_readout->setProperty("faint", text.isEmpty());
    m_readout->setText(text.isEmpty() ? "Point at a cell for its numbers; wheel zooms, drag pans, F fits" : text);
    m_readout->setStyleSheet(m_readout->styleSheet()); // re-evaluates the property
    if (m_filterJob.running() || !m_loadMap)
        return;
    const Reducer reducer = m_spec.reducer.value_or(Reducer::Max);
    m_note->setText(!m_plot->isReduced() ? QString()
            : reducer == Reducer::Max    ? "A pixel shows the largest of its cells"
            : reducer == Reducer::Mean   ? "A pixel shows the mean of its cells"
                                         : "A pixel shows the most extreme of its cells");
}

void LoadView::setTheme(Theme theme)
{
    m_plot->setTheme(theme);
}

Expected<Figure> LoadView::figure(const FigureSpec& page) const
{
    if (!m_loadMap)
        return fail("no trace is open", "export");
    return resolveLoadFigure(page, *m_loadMap, figureDate(m_facts.created));
}

}
