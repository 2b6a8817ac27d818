// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/what_if/placement_what_if.h"

#include "analysis/placement/registry.h"
#include "analysis/what_if/byte_sizes.h"
#include "views/charts/command_words.h"
#include "views/charts/wording.h"
#include "views/what_if/what_if_controls.h"
#include "views/widgets/card_view.h"
#include "views/widgets/job_controls.h"
#include "views/widgets/overflow_row.h"
#include "views/widgets/state_pages.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPointer>
#include <QProgressBar>
#include <QSignalBlocker>
#include <QSlider>
#include <QSpinBox>
#include <QSplitter>
#include <QStackedWidget>
#include <QTimer>
#include <QToolButton>
#include <QUndoCommand>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

constexpr const char* kNoTrace = "Open a trace to ask how its experts would lie on GPUs";
constexpr int kMostDraggedGpus = 64; ///< by slider; the number beside it goes on
constexpr int kStepRestMs = 600; ///< keys that follow each other are one step

std::size_t mostExperts(const RoutingShape& shape)
{
    return std::max<std::size_t>(shape.numExperts, 1);
}

}

bool ClusterChoice::sameQuestion(const ClusterChoice& other) const
{
    return gpus == other.gpus && nodes == other.nodes && replicas == other.replicas && home == other.home
        && dispatch == other.dispatch;
}

QJsonObject toJson(const ClusterChoice& choice)
{
    return {{"gpus", choice.gpus}, {"nodes", choice.nodes}, {"replicas", choice.replicas},
        {"planner", QString::fromStdString(choice.planner)}, {"home", QString::fromStdString(choice.home)},
        {"dispatch", QString::fromStdString(choice.dispatch)}};
}

QStringList fromJson(const QJsonObject& json, ClusterChoice& choice)
{
    ClusterChoice wanted = choice;
    wanted.gpus = json["gpus"].toInt(wanted.gpus);
    wanted.nodes = json["nodes"].toInt(wanted.nodes);
    wanted.replicas = json["replicas"].toInt(wanted.replicas);
    const auto word = [&](const char* name, std::string& value) {
        value = json[name].toString(QString::fromStdString(value)).toStdString();
    };
    word("planner", wanted.planner);
    word("home", wanted.home);
    word("dispatch", wanted.dispatch);
    PlacementOptions options;
    options.gpus = std::uint32_t(std::max(wanted.gpus, 0));
    options.nodes = std::uint32_t(std::max(wanted.nodes, 0));
    options.replicas = std::uint32_t(std::max(wanted.replicas, 0));
    options.planners = wanted.planner;
    options.home = wanted.home;
    options.dispatch = wanted.dispatch;
    const auto good = checkPlacement(options);
    if (!good || wanted.replicas < 0 || wanted.planner == "all")
        return {"placement what-if" + (good ? QString() : ": " + QString::fromStdString(good.error().message()))};
    choice = wanted;
    return {};
}

class PlacementWhatIf::Change final : public QUndoCommand
{
public:
    Change(PlacementWhatIf* view, ClusterChoice before, ClusterChoice after, const QString& text)
        : QUndoCommand(text)
        , m_view(view)
        , m_before(std::move(before))
        , m_after(std::move(after))
    {
    }
    void undo() override { set(m_before); }
    void redo() override { set(m_after); }

private:
    void set(const ClusterChoice& choice)
    {
        if (!m_view)
            return setObsolete(true);
        m_view->m_settled = choice;
        m_view->setChoice(choice);
    }
    QPointer<PlacementWhatIf> m_view;
    ClusterChoice m_before, m_after;
};

PlacementWhatIf::PlacementWhatIf(Session& session, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_countAsker(new QObject(this))
    , m_rest(new QTimer(this))
{
    m_rest->setSingleShot(true);
    m_rest->setInterval(kStepRestMs);
    connect(m_rest, &QTimer::timeout, this, &PlacementWhatIf::settle);
    auto* const layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(makeControls());
    layout->addWidget(makeNumbers());
    m_progress = loadingBar(this);
    layout->addWidget(m_progress);
    m_pages = new QStackedWidget(this);
    m_page = new StatePage(this);
    m_state = m_page->addText(kNoTrace, "placementState");
    m_state->setProperty("faint", true);
    m_pages->addWidget(m_page);
    auto* const all = new QSplitter(Qt::Vertical, this);
    auto* const pair = new QSplitter(Qt::Horizontal, all);
    for (auto [chart, name] : {std::pair{&m_loads, "Load of the GPUs"}, {&m_traffic, "Sent between GPUs"}}) {
        *chart = new ChartWidget(session, pair);
        (*chart)->setAccessibleName(name);
        pair->addWidget(*chart);
    }
    pair->setChildrenCollapsible(false);
    m_card = new CardView(session, all);
    m_card->setAccessibleName("Planners");
    all->addWidget(pair);
    all->addWidget(m_card);
    all->setStretchFactor(0, 1);
    all->setSizes({420, 190}); // the pictures take what is more
    all->setChildrenCollapsible(false);
    m_pictures = all;
    m_pages->addWidget(all);
    layout->addWidget(m_pages, 1);
    focusFollowsPage(this, m_pages, m_loads);
    m_stop = stopButton(m_pages);
    connect(m_stop, &QToolButton::clicked, this, [this] { stop(); });

    connect(&session, &Session::opened, this, &PlacementWhatIf::forget);
    connect(&session.filters(), &FilterStack::changed, this, &PlacementWhatIf::forget);
    connect(&session, &Session::progressed, this, [this](QObject* asker, double fraction) {
        if (asker == this)
            m_progress->setValue(int(fraction * 1000));
    });
    showChoice();
    showRun();
}

QWidget* PlacementWhatIf::makeControls()
{
    auto* const around = new QWidget(this);
    auto* const margins = new QHBoxLayout(around);
    margins->setContentsMargins(8, 4, 8, 0);
    auto* const row = new OverflowRow("More of the what-if", around);
    margins->addWidget(row, 1);
    const auto list = [&](QComboBox*& box, const QString& title, const QString& tip, const QString& name,
                          const std::vector<std::pair<QString, QString>>& entries, std::string ClusterChoice::*member) {
        box = new QComboBox(this);
        box->setObjectName(name);
        for (const auto& [value, text] : entries)
            box->addItem(text, value);
        row->add(namedList(title, tip, box, this));
        connect(box, &QComboBox::activated, this, [this, box, title, member] {
            ClusterChoice choice = m_choice;
            choice.*member = box->currentData().toString().toStdString();
            choose(choice, title.toLower() + ' ' + box->currentText());
            settle();
        });
    };
    std::vector<std::pair<QString, QString>> planners;
    for (const placement::Planner& planner : placement::plannerRegistry())
        planners.emplace_back(QString::fromStdString(planner.name), QString::fromStdString(planner.name));
    list(m_planner, "Planner", "Who says which GPU holds which expert", "placementPlanner", planners,
        &ClusterChoice::planner);
    for (int i = 0; i < m_planner->count(); ++i)
        m_planner->setItemData(i,
            QString::fromStdString(placement::plannerRegistry()[std::size_t(i)].definition), Qt::ToolTipRole);
    list(m_home, "Tokens live", "On which GPU a token's hidden state is before and after the experts", "placementHome",
        {{"token", "scattered"}, {"sequence", "by sequence"}}, &ClusterChoice::home);
    list(m_dispatch, "Copies", "Which copy of an expert a token goes to, where there are several", "placementDispatch",
        {{"round-robin", "in turn"}, {"local-first", "nearest first"}}, &ClusterChoice::dispatch);
    m_copy = new QToolButton(this);
    m_copy->setText("Copy command");
    m_copy->setObjectName("placementCopy");
    m_copy->setToolTip("Copy the command that computes these numbers in a shell");
    m_copy->setFocusPolicy(Qt::StrongFocus);
    row->add(m_copy);
    connect(m_copy, &QToolButton::clicked, this, [this] { emit said(copyCommand()); });
    return around;
}

QWidget* PlacementWhatIf::makeNumbers()
{
    auto* const row = new QWidget(this);
    auto* const layout = new QHBoxLayout(row);
    layout->setContentsMargins(8, 4, 8, 4);
    layout->setSpacing(8);
    const auto number = [&](QSpinBox*& box, QSlider** slider, const QString& title, const QString& name, const QString& tip,
                            int ClusterChoice::*member) {
        auto* const label = new QLabel(title, row);
        box = new QSpinBox(row);
        box->setObjectName(name);
        box->setKeyboardTracking(false);
        box->setAccessibleName(title);
        box->setToolTip(tip);
        label->setBuddy(box);
        layout->addWidget(label);
        const auto changed = [this, title, member](int value) {
            ClusterChoice choice = m_choice;
            choice.*member = value;
            // Nodes share the GPUs equally: the nearest number below that does.
            while (choice.gpus % choice.nodes != 0)
                --(member == &ClusterChoice::nodes && value > m_choice.nodes ? choice.gpus : choice.nodes);
            choose(choice, title);
        };
        if (slider) {
            *slider = new QSlider(Qt::Horizontal, row);
            (*slider)->setObjectName(name + "Slider");
            (*slider)->setAccessibleName(title);
            (*slider)->setMinimumWidth(50);
            layout->addWidget(*slider, 1);
            connect(*slider, &QSlider::valueChanged, this, changed);
            connect(*slider, &QSlider::sliderReleased, this, &PlacementWhatIf::settle);
        }
        layout->addWidget(box);
        connect(box, &QSpinBox::valueChanged, this, changed);
    };
    number(m_gpus, &m_gpuSlider, "GPUs", "placementGpus", "GPUs that the experts of every layer are spread over",
        &ClusterChoice::gpus);
    number(m_nodes, nullptr, "Nodes", "placementNodes", "Machines that share the GPUs equally", &ClusterChoice::nodes);
    number(m_replicas, &m_replicaSlider, "Replicas", "placementReplicas", "Slots of a layer beyond one an expert",
        &ClusterChoice::replicas);
    return row;
}

void PlacementWhatIf::choose(const ClusterChoice& choice, const QString& what)
{
    if (choice == m_choice)
        return showChoice(); // what was typed goes back
    if (what != m_what)
        settle();
    m_what = what;
    m_rest->start();
    setChoice(choice);
}

void PlacementWhatIf::settle()
{
    m_rest->stop();
    if (m_choice == m_settled)
        return;
    const ClusterChoice before = std::exchange(m_settled, m_choice);
    m_session.undo().push(new Change(this, before, m_choice, m_what));
}

void PlacementWhatIf::restore(const ClusterChoice& choice)
{
    m_rest->stop();
    m_settled = choice;
    setChoice(choice);
}

void PlacementWhatIf::setChoice(const ClusterChoice& choice)
{
    if (choice == m_choice)
        return showChoice();
    const bool same = choice.sameQuestion(m_choice);
    m_choice = choice;
    showChoice();
    if (same)
        return showRun();
    m_stale = true;
    if (isVisible())
        ask();
}

void PlacementWhatIf::forget()
{
    m_session.cancel(this);
    m_session.cancel(m_countAsker);
    m_counts.reset();
    m_run.reset();
    m_preview.reset();
    m_error.reset();
    m_stale = true;
    showChoice();
    showRun();
    if (isVisible())
        ask();
}

void PlacementWhatIf::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    if (m_stale)
        ask();
}

void PlacementWhatIf::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_card)
        write();
}

PlacementOptions PlacementWhatIf::options() const
{
    PlacementOptions options;
    options.gpus = std::uint32_t(m_choice.gpus);
    options.nodes = std::uint32_t(m_choice.nodes);
    options.replicas = std::uint32_t(m_choice.replicas);
    options.home = m_choice.home;
    options.dispatch = m_choice.dispatch;
    return options;
}

void PlacementWhatIf::ask()
{
    if (!m_session.study() || !m_session.filters().shape())
        return;
    m_stale = false;
    m_error.reset();
    if (!m_counts && !m_session.waits(m_countAsker)) {
        m_session.askStudy<PlacementCountsPtr>(
            m_countAsker, "placement counts",
            [](const Study& study, const Side& side, const Progress& progress) {
                return countPlacement(study, side.trace, side.scope, progress);
            },
            [this](const Expected<PlacementCountsPtr>& counts) {
                if (counts)
                    m_counts = *counts;
            });
    }
    const PlacementOptions asked = options();
    const std::string key = "placement " + std::to_string(asked.gpus) + ' ' + std::to_string(asked.nodes) + ' '
        + std::to_string(asked.replicas) + ' ' + asked.home + ' ' + asked.dispatch;
    preview();
    m_session.askStudy<PlacementRunPtr>(
        this, key,
        [asked](const Study& study, const Side& side, const Progress& progress) -> Expected<PlacementRunPtr> {
            ES_ASSIGN(auto run, runPlacement(study, side.trace, side.scope, asked, progress));
            return run;
        },
        [this](const Expected<PlacementRunPtr>& run) {
            m_preview.reset();
            if (run)
                m_run = *run;
            else
                m_error = run.error();
            showRun();
        });
    showRun();
}

bool PlacementWhatIf::stop()
{
    if (!waits())
        return false;
    m_session.cancel(this);
    m_session.cancel(m_countAsker);
    m_error = Error{"stopped before it was computed", {}, {}};
    m_preview.reset();
    showRun();
    return true;
}

void PlacementWhatIf::preview()
{
    m_preview.reset();
    if (!m_counts || !plansByLoads(m_choice.planner))
        return;
    PlacementOptions asked = options();
    asked.planners = m_choice.planner;
    const auto question = checkPlacement(asked);
    if (!question)
        return;
    if (auto loads = loadsByCounts(*m_counts, *question))
        m_preview = std::move(*loads);
}

std::optional<std::size_t> PlacementWhatIf::plan() const
{
    if (!m_run)
        return {};
    const auto found = std::ranges::find(m_run->planners, m_choice.planner);
    return found == m_run->planners.end() ? std::nullopt
                                          : std::optional(std::size_t(found - m_run->planners.begin()));
}

QString PlacementWhatIf::stateText() const
{
    return m_pages->currentWidget() == m_pictures ? QString() : m_state->text();
}

QString PlacementWhatIf::facts() const
{
    return m_facts;
}

void PlacementWhatIf::showChoice()
{
    showValue(m_planner, QString::fromStdString(m_choice.planner));
    showValue(m_home, QString::fromStdString(m_choice.home));
    showValue(m_dispatch, QString::fromStdString(m_choice.dispatch));
    const int experts = m_session.study() ? int(mostExperts(m_session.shape())) : 1;
    const auto show = [](QSpinBox* box, QSlider* slider, int least, int most, int dragged, int value) {
        const QSignalBlocker quiet(box);
        box->setRange(least, most);
        box->setValue(value);
        if (!slider)
            return;
        const QSignalBlocker quietSlider(slider);
        slider->setRange(least, dragged);
        slider->setPageStep(std::max(1, dragged / 8));
        slider->setValue(value);
    };
    const int mostGpus = std::max(std::min(experts, int(placement::kMostGpus)), m_choice.gpus);
    show(m_gpus, m_gpuSlider, 1, mostGpus, std::min(mostGpus, kMostDraggedGpus), m_choice.gpus);
    show(m_nodes, nullptr, 1, mostGpus, 0, m_choice.nodes);
    show(m_replicas, m_replicaSlider, 0, std::max(4 * experts, m_choice.replicas), std::max(experts, 1), m_choice.replicas);
    m_dispatch->setEnabled(m_choice.replicas > 0);
}

void PlacementWhatIf::showRun()
{
    const bool waits = this->waits();
    if (waits)
        m_progress->setValue(std::max(0, m_progress->value()));
    else
        m_progress->reset();
    const bool open = m_session.study() != nullptr;
    for (QWidget* control : {static_cast<QWidget*>(m_gpus), static_cast<QWidget*>(m_gpuSlider), static_cast<QWidget*>(m_nodes),
             static_cast<QWidget*>(m_replicas), static_cast<QWidget*>(m_replicaSlider), static_cast<QWidget*>(m_copy)})
        control->setEnabled(open);
    const auto at = plan();
    const bool shown = at && !m_error;
    if (shown) {
        Look look, other;
        const auto loads = drawPlacementLoad(m_run, *at, look);
        const auto traffic = drawPlacementTraffic(m_run, *at, other);
        m_loads->setChart(loads ? *loads : nullptr);
        m_traffic->setChart(traffic ? *traffic : nullptr);
        m_traffic->setVisible(traffic.has_value());
        m_loads->setDimmed(waits);
        m_traffic->setDimmed(waits);
        write();
    } else {
        m_state->setText(m_error ? QString::fromStdString(m_error->message())
                : waits          ? "Planning, and replaying tokens …"
                                 : kNoTrace);
        m_facts.clear();
    }
    m_pages->setCurrentWidget(shown ? m_pictures : static_cast<QWidget*>(m_page));
    m_stop->setVisible(waits);
    m_stop->setGeometry(QRect({m_pages->width() - m_stop->sizeHint().width() - 4, 4}, m_stop->sizeHint()));
    m_stop->raise(); // above the page in front
    emit contentChanged();
}

namespace {

/// What the table of planners says of each.
struct PlannerColumn
{
    const char *title, *tip, *metric;
    const char *param = nullptr, *word = nullptr;
};
constexpr PlannerColumn kPlannerColumns[] = {
    {"Load / mean", "Load of the busiest GPU over the mean, mean over layers", "placement.max_over_mean", "window", "all"},
    {"Fan-out", "GPUs that a token's experts of one layer are on", "placement.fan_out"},
    {"Next layer", "Pairs (choice, choice at the next layer) on different GPUs", "placement.cross_site", "between", "gpus"},
    {"Sent", "Hidden states that a token sends to other GPUs, all layers", "placement.sent_states", "between", "gpus"},
};
constexpr PlannerColumn kNodeColumns[] = {
    {"Node fan-out", "Nodes that a token's experts of one layer are on", "placement.node_fan_out"},
    {"Sent to nodes", "Hidden states that a token sends to other nodes, all layers", "placement.sent_states", "between", "nodes"},
};

/// What the chosen plan costs, in a line.
QString factsOf(const PlacementRun& run, std::size_t plan)
{
    // The layer where the chosen plan is worst.
    std::optional<SiteIndex> worst;
    for (const SiteIndex site : run.sites) {
        if (!worst || run.maxOverMean(plan, site) > run.maxOverMean(plan, worst))
            worst = site;
    }
    QStringList facts{QString("%1 on %2 GPUs: largest load / mean %3")
            .arg(QString::fromStdString(run.planners[plan]))
            .arg(run.cluster.gpus)
            .arg(numberText(run.maxOverMean(plan, {})))};
    if (worst)
        facts << QString("worst in %1: %2")
                     .arg(siteText(run.shape, *worst).toLower(), numberText(run.maxOverMean(plan, worst)));
    const double bytes = run.value(plan, "placement.dispatch_bytes", {}, "between", "gpus");
    if (run.bytes > 0 && !std::isnan(bytes))
        facts << "sends " + QString::fromStdString(sizeText(bytes)) + " a token, and as many states come back";
    if (const auto link = run.hottestLink(plan)) {
        facts << QString("hottest link: GPU %1 to %2, %3 times the mean of all%4")
                     .arg(link->from)
                     .arg(link->to)
                     .arg(numberText(link->overMean), link->betweenNodes ? ", between nodes" : "");
        if (run.cluster.nodes > 1)
            facts << percentText(run.shareBetweenNodes(plan)) + " of what is sent crosses nodes";
    }
    facts << "n = " + countText(run.scores[plan].tokens) + " tokens";
    return joinedReadout(facts);
}

std::vector<PlannerColumn> columnsOf(const PlacementRun& run)
{
    std::vector<PlannerColumn> columns(std::begin(kPlannerColumns), std::end(kPlannerColumns));
    if (run.cluster.nodes > 1)
        columns.insert(columns.end(), std::begin(kNodeColumns), std::end(kNodeColumns));
    return columns;
}

}

QString PlacementWhatIf::previewText() const
{
    return QString("%1 on %2 GPUs: largest load / mean %3%4 · the rest is being replayed …")
        .arg(QString::fromStdString(m_choice.planner))
        .arg(m_choice.gpus)
        .arg(m_preview->exact ? "" : "about ")
        .arg(numberText(m_preview->maxOverMean));
}

void PlacementWhatIf::write()
{
    const auto at = plan();
    if (!at)
        return m_card->setCard({});
    const PlacementRun& run = *m_run;
    m_facts = m_preview ? previewText() : factsOf(run, *at);
    CardWriter out;
    out.paragraph(CardWriter::plain(m_facts));
    const auto columns = columnsOf(run);
    std::vector<CardWriter::Column> titles{{"Planner", "All of them on the same tokens; the chosen one is bold", false}};
    for (const PlannerColumn& column : columns)
        titles.push_back({column.title, column.tip});
    std::vector<QStringList> rows;
    for (std::size_t p = 0; p < run.planners.size(); ++p) {
        QStringList cells{QString::fromStdString(run.planners[p])};
        for (const PlannerColumn& column : columns)
            cells << numberText(run.value(p, column.metric, {}, column.param, column.word));
        for (QString& cell : cells)
            cell = p == *at ? out.strong(cell) : CardWriter::plain(cell);
        rows.push_back(cells);
    }
    out.table(titles, rows);
    out.note(QString::fromStdString("Contract: " + run.contract));
    m_card->setCard(out.card());
}

QString PlacementWhatIf::copyCommand()
{
    if (!m_session.study())
        return {};
    CommandWords words;
    for (const char* word : {"expertscope", "simulate", "placement"})
        words.add(word);
    const std::size_t trace = m_session.mainSide().trace();
    words.add(m_session.study()->traces()[trace].path.string());
    words.option("gpus", std::to_string(m_choice.gpus));
    if (m_choice.nodes != 1)
        words.option("nodes", std::to_string(m_choice.nodes));
    if (m_choice.replicas)
        words.option("replicas", std::to_string(m_choice.replicas));
    if (m_choice.home != "token")
        words.option("home", m_choice.home);
    if (m_choice.dispatch != "round-robin")
        words.option("dispatch", m_choice.dispatch);
    QStringList unsaid;
    words.scope(m_session.filters().scope(), m_session.shape(), unsaid);
    const QString command = QString::fromStdString(words.text());
    QApplication::clipboard()->setText(command);
    return unsaid.isEmpty() ? "Copied: " + command : "Copied, without what has no option: " + unsaid.join(", ");
}

QByteArray PlacementWhatIf::csv() const
{
    if (!m_run || !stateText().isEmpty())
        return {};
    const auto columns = columnsOf(*m_run);
    QByteArray csv = csvHead("placement what-if", {m_run->trace}, m_run->tokens, {QString::fromStdString(m_run->contract)});
    csv += "planner,chosen,metric,between,value\n";
    for (std::size_t p = 0; p < m_run->planners.size(); ++p) {
        const auto add = [&](const std::string& metric, const std::string& between, double value) {
            csv += csvText(m_run->planners[p]) + ',' + (m_run->planners[p] == m_choice.planner ? "yes" : "no") + ','
                + csvText(metric) + ',' + csvText(between) + ',' + csvNumber(value) + '\n';
        };
        for (const PlannerColumn& column : columns)
            add(column.metric, column.param && std::string(column.param) == "between" ? column.word : "",
                m_run->value(p, column.metric, {}, column.param, column.word));
        if (m_run->cluster.nodes > 1)
            add("share_between_nodes", "nodes", m_run->shareBetweenNodes(p));
        if (const auto link = m_run->hottestLink(p))
            add("hottest_link", std::to_string(link->from) + ">" + std::to_string(link->to), link->overMean);
    }
    return csv;
}

}
