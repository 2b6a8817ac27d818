// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/compare_panel.h"

#include "io/base/named.h"
#include "views/charts/kinds/against.h"
#include "views/charts/kinds/difference.h"
#include "views/panels/difference_lists.h"
#include "views/panels/side_row.h"
#include "views/widgets/filter_bar.h"
#include "views/widgets/state_pages.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QLabel>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

namespace expertscope {

namespace {

constexpr const char* kFirst = "load";
constexpr int kLow = 480; ///< pixels that a chart and lists below it need

bool isMap(const ChartSpec& chart)
{
    return named(chart.options, kAgainstAs) != nullptr;
}

/// The first label that A is filtered by, as B would leave it out.
std::optional<FilterStep> othersOf(const std::vector<FilterStep>& steps)
{
    for (const FilterStep& step : steps) {
        if (step.keep && std::holds_alternative<LabelFilter>(step.what))
            return FilterStep{step.what, false};
    }
    return {};
}

}

ComparePanel::ComparePanel(Session& session, QWidget* parent)
    : View(parent)
    , m_session(session)
    , m_own(new SideState(session.undo(), this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(makeHead());
    m_a = new SideRow(session, session.mainSide(), "A", false, this);
    m_ownA = new SideRow(session, *m_own, "A", false, this);
    m_b = new SideRow(session, session.besideSide(), "B", true, this);
    for (SideRow* const row : {m_a, m_ownA}) {
        auto*& box = row == m_a ? m_follow : m_followOwn;
        box = new QCheckBox("as window", row);
        box->setObjectName(row == m_a ? "follow" : "followOwn");
        box->setToolTip("A is the trace and the filters of the window; without, it has its own here");
        connect(box, &QCheckBox::clicked, this, &ComparePanel::setFollowing);
        row->addWidget(box);
    }
    for (SideRow* const row : {m_a, m_ownA, m_b})
        layout->addWidget(row);
    m_shapes = new QLabel(this);
    m_shapes->setObjectName("shapeNote");
    m_shapes->setProperty("faint", true);
    m_shapes->setWordWrap(true);
    m_shapes->setContentsMargins(12, 2, 12, 2);
    layout->addWidget(m_shapes);

    m_pages = new QStackedWidget(this);
    layout->addWidget(m_pages, 1);
    auto* empty = new StatePage(this);
    m_state = empty->addText({}, "compareState");
    m_state->setProperty("faint", true);
    m_others = empty->addButton({}, "compareOthers");
    m_filter = empty->addButton("Filter B…", "compareFilter");
    m_open = empty->addButton("Open a trace beside…", "compareOpen");
    connect(m_others, &QPushButton::clicked, this, [this] {
        if (const auto others = othersOf(stateA().filters().steps()))
            m_session.besideSide().filters().add(*others);
    });
    connect(m_filter, &QPushButton::clicked, this, [this] { m_b->filterBar()->openPicker(); });
    connect(m_open, &QPushButton::clicked, this, &ComparePanel::openBeside);
    m_pages->addWidget(empty);
    m_both = new QSplitter(Qt::Vertical, this);
    m_both->setChildrenCollapsible(false);
    m_place = new QWidget(m_both);
    auto* place = new QVBoxLayout(m_place);
    place->setContentsMargins(0, 0, 0, 0);
    m_lists = new DifferenceLists(session, m_both);
    m_both->addWidget(m_place);
    m_both->addWidget(m_lists);
    m_both->setStretchFactor(0, 3);
    m_both->setStretchFactor(1, 2);
    m_pages->addWidget(m_both);
    makeView();

    connect(m_b, &SideRow::openRequested, this, &ComparePanel::openBeside);
    connect(m_b, &SideRow::closeRequested, &session, &Session::closeBeside);
    connect(&session, &Session::opened, this, [this] {
        const std::size_t trace = m_own->trace() < m_session.study()->traces().size() ? m_own->trace() : 0;
        m_own->setStudy(m_session.study(), trace, true);
        m_lists->showNothing({});
        refresh();
    });
    for (SideState* const side : {&session.mainSide(), &session.besideSide(), m_own})
        connect(side, &SideState::changed, this, &ComparePanel::refresh);
    setFollowing(true);
}

ComparePanel::~ComparePanel() = default;

QWidget* ComparePanel::makeHead()
{
    auto* head = new QWidget(this);
    head->setObjectName("options");
    head->setAttribute(Qt::WA_StyledBackground);
    auto* row = new QHBoxLayout(head);
    row->setContentsMargins(8, 4, 8, 4);
    row->setSpacing(8);
    m_chart = new QComboBox(head);
    m_chart->setObjectName("compareChart");
    m_chart->setAccessibleName("Chart");
    m_chart->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_chart->setMinimumContentsLength(8);
    m_chart->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    m_chart->setToolTip("What is compared: maps, then curves of both");
    for (const bool maps : {true, false}) {
        if (!maps)
            m_chart->insertSeparator(m_chart->count());
        for (const ChartSpec& chart : chartRegistry()) {
            if (named(chart.options, kAgainst) && named(chart.options, kAgainstTrace) && isMap(chart) == maps)
                m_chart->addItem(chart.title, QString::fromStdString(chart.name));
        }
    }
    connect(m_chart, &QComboBox::activated, this, [this] { setChart(m_chart->currentData().toString()); });
    m_mode = new QComboBox(head);
    m_mode->setObjectName("compareMode");
    m_mode->setAccessibleName("Compared as");
    m_mode->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_mode->addItem("Side by side", kBeside);
    m_mode->addItem("Difference B − A", "difference");
    m_mode->addItem("Ratio B / A", "ratio");
    connect(m_mode, &QComboBox::activated, this, [this] { setMode(m_mode->currentData().toString()); });
    const auto button = [&](const QString& text, const QString& id, const QString& tip) {
        auto* made = new QToolButton(head);
        made->setText(text);
        made->setObjectName(id);
        made->setToolTip(tip);
        made->setFocusPolicy(Qt::StrongFocus);
        return made;
    };
    m_swap = button("Swap", "compareSwap", "A becomes B, and B becomes A");
    connect(m_swap, &QToolButton::clicked, this, &ComparePanel::swap);
    m_close = button("Close B", "compareClose", "Compare with nothing; a trace that only B was of is closed");
    m_close->setAutoRaise(true);
    connect(m_close, &QToolButton::clicked, &m_session, &Session::closeBeside);
    row->addWidget(m_chart);
    row->addWidget(m_mode);
    row->addWidget(m_swap);
    row->addStretch(1);
    row->addWidget(m_close);
    return head;
}

void ComparePanel::makeView()
{
    const auto chart = findChart(m_chart->currentData().toString().toStdString());
    const ChartSpec& spec = chart ? **chart : *findChart(kFirst).value();
    delete m_view;
    m_view = new ChartView(m_session, spec, m_place);
    m_place->layout()->addWidget(m_view);
    // The sides are chosen above, for all charts.
    for (const char* const name : {kAgainst, kAgainstTrace, kAgainstAs}) {
        if (auto* editor = m_view->findChild<QWidget*>(name))
            editor->parentWidget()->hide();
    }
    if (isMap(spec))
        (void)m_view->state().follow(kAgainstAs, kBeside);
    connect(m_view, &ChartView::readoutChanged, this, &View::readoutChanged);
    connect(m_view, &ChartView::chartChanged, this, &View::contentChanged);
    connect(m_view, &ChartView::actionRequested, this, &View::actionRequested);
    connect(m_view->widget(), &ChartWidget::broughtBack, this, &View::broughtBack);
    connect(&m_view->state(), &ChartState::changed, this, &ComparePanel::showState);
    m_view->widget()->setPanelsLinked(true);
    m_view->setSource([this](const Parameters& options) { return question(options); });
    showState();
}

void ComparePanel::setChart(const QString& name)
{
    const int at = m_chart->findData(name);
    if (at < 0)
        return;
    m_chart->setCurrentIndex(at);
    const QString chosen = mode();
    if (QString::fromStdString(m_view->state().chart().name) == name)
        return;
    makeView();
    if (isMap(m_view->state().chart()))
        (void)m_view->state().follow(kAgainstAs, chosen.toStdString());
    emit contentChanged();
}

void ComparePanel::setMode(const QString& mode)
{
    if (isMap(m_view->state().chart()))
        (void)m_view->state().setOption(kAgainstAs, mode.toStdString());
}

QString ComparePanel::mode() const
{
    const auto& options = m_view->state().options().all();
    const auto found = options.find(kAgainstAs);
    return found == options.end() ? m_mode->currentData().toString() : QString::fromStdString(found->second);
}

SideState& ComparePanel::stateA() const
{
    return m_following ? m_session.mainSide() : *m_own;
}

void ComparePanel::setFollowing(bool following)
{
    if (m_following && !following && m_session.study()) { // from where it is
        m_own->setStudy(m_session.study(), m_session.mainSide().trace(), true);
        m_own->filters().reset({m_session.study(), &m_session.study()->shape(m_own->trace())},
            std::vector(m_session.filters().steps()));
    }
    m_following = following;
    m_a->setVisible(following);
    m_ownA->setVisible(!following);
    m_follow->setChecked(following);
    m_followOwn->setChecked(following);
    refresh();
}

Side ComparePanel::sideA() const
{
    return stateA().side();
}

Side ComparePanel::sideB() const
{
    return m_session.besideSide().side();
}

QString ComparePanel::whyNot() const
{
    if (!m_session.study())
        return "Open a trace to compare parts of it, or two traces.";
    if (!m_session.besideSide().chosen())
        return "Nothing to compare with yet: B can be other tokens of this trace, or another trace.";
    const Side a = sideA(), b = sideB();
    if (a.trace == b.trace && againstText(a.scope, b.scope).empty())
        return "A and B are the same tokens: filter one of them.";
    return {};
}

QString ComparePanel::stateText() const
{
    return m_pages->currentIndex() == 0 ? m_state->text() : QString();
}

/// Differences and ratios are of B against A, what stands side by side of A and B.
std::optional<ChartQuestion> ComparePanel::question(const Parameters& options) const
{
    if (!ready())
        return {};
    const ChartSpec& chart = m_view->state().chart();
    Side first = sideA(), second = sideB();
    if (isMap(chart) && mode() != kBeside)
        std::swap(first, second);
    std::map<std::string, std::string> given = options.all();
    given.erase(kAgainst);
    given[kAgainstTrace].clear();
    if (const std::string row = againstText(first.scope, second.scope); !row.empty())
        given[kAgainst] = row;
    if (first.trace != second.trace)
        given[kAgainstTrace] = m_session.study()->traces()[second.trace].name;
    auto params = checkOptions(chart, given);
    return params ? std::optional(ChartQuestion{first.trace, first.scope, std::move(*params)}) : std::nullopt;
}

void ComparePanel::showEvent(QShowEvent* event)
{
    View::showEvent(event);
    if (m_stale)
        refresh();
}

void ComparePanel::resizeEvent(QResizeEvent* event)
{
    View::resizeEvent(event);
    const bool low = height() < kLow;
    if (low == (m_place->parentWidget() != m_both))
        return;
    if (low) {
        m_lists->setFront(m_place, "Chart");
    } else {
        m_lists->setFront(nullptr, {});
        m_both->insertWidget(0, m_place);
        m_place->show();
    }
}

void ComparePanel::refresh()
{
    m_stale = true;
    // Steps of a swap come one by one.
    if (std::exchange(m_scheduled, true))
        return;
    QMetaObject::invokeMethod(
        this,
        [this] {
            m_scheduled = false;
            showState();
            if (!isVisible())
                return;
            m_stale = false;
            m_view->ask();
            askLists();
        },
        Qt::QueuedConnection);
}

void ComparePanel::showState()
{
    const QString why = whyNot();
    m_state->setText(why);
    const auto others = m_session.study() ? othersOf(stateA().filters().steps()) : std::nullopt;
    m_others->setVisible(others.has_value());
    if (others) {
        m_others->setText("B: all but " + filterText({others->what, true}, *stateA().filters().shape()));
        m_others->setMinimumWidth(m_others->fontMetrics().horizontalAdvance(m_others->text()) + 40);
    }
    const RoutingShape* const shape = m_session.besideSide().filters().shape();
    m_filter->setVisible(shape && !shape->labels.empty());
    m_open->setVisible(m_session.study() != nullptr);
    m_pages->setCurrentIndex(why.isEmpty() ? 1 : 0);
    setFocusProxy(why.isEmpty() ? static_cast<QWidget*>(m_view) : m_pages->currentWidget()->findChild<QPushButton*>());
    const QString shapes = m_session.shapeNote();
    m_shapes->setText(shapes.isEmpty() ? shapes : shapes + ": maps with other rows are not subtracted.");
    m_shapes->setVisible(!shapes.isEmpty());
    m_swap->setEnabled(m_session.besideSide().chosen());
    m_close->setEnabled(m_session.besideSide().chosen());
    const bool map = isMap(m_view->state().chart());
    m_mode->setEnabled(map);
    m_mode->setToolTip(map ? "How the two are compared" : "Curves of both are drawn in one picture");
    if (map)
        m_mode->setCurrentIndex(m_mode->findData(mode()));
}

void ComparePanel::askLists()
{
    if (!ready()) {
        m_session.cancel(m_lists);
        return m_lists->showNothing({});
    }
    const Side a = sideA(), b = sideB();
    m_session.askDifferences(m_lists, a, b, [this, a, b](const Expected<ExpertDifferences>& found) {
        const StudyPtr& study = m_session.study();
        if (!found)
            return m_lists->showNothing(QString::fromStdString(found.error().message()));
        const auto names = sideNames(*study, a, b);
        m_lists->show(*found, {QString::fromStdString(names.first), QString::fromStdString(names.second)},
            study->shape(a.trace));
    });
    if (m_session.waits(m_lists))
        m_lists->showNothing("comparing…");
}

bool ComparePanel::stop()
{
    const bool lists = m_session.waits(m_lists);
    if (lists) {
        m_session.cancel(m_lists);
        m_lists->showNothing("stopped before it was compared");
    }
    return m_view->stop() || lists;
}

void ComparePanel::swap()
{
    if (m_session.besideSide().chosen())
        stateA().swapWith(m_session.besideSide());
}

void ComparePanel::openBeside()
{
    const QString folder = m_session.paths().isEmpty() ? QString() : QFileInfo(m_session.paths().back()).absolutePath();
    m_session.openBeside(
        QFileDialog::getOpenFileNames(this, "Open a trace beside", folder, "Traces (*.h5);;All files (*)"));
}

}
