// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/what_if/placement_what_if.h"

#include "analysis/placement/registry.h"
#include "views/charts/command_words.h"
#include "views/charts/wording.h"
#include "views/what_if/placement_card.h"
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
#include <QProgressBar>
#include <QSignalBlocker>
#include <QSlider>
#include <QSpinBox>
#include <QSplitter>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace expertscope {

namespace {

constexpr const char* kNoTrace = "Open a trace to ask how its experts would lie on GPUs";
constexpr int kMostDraggedGpus = 64; ///< by slider; the number beside it goes on

std::size_t mostExperts(const RoutingShape& shape)
{
    return std::max<std::size_t>(shape.numExperts, 1);
}

}

PlacementWhatIf::PlacementWhatIf(Session& session, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_countAsker(new QObject(this))
    , m_steps(this, session.undo(), [this](const ClusterChoice& choice) { setChoice(choice); })
{
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
            m_steps.settle();
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
                            auto changedTo) {
        auto* const label = new QLabel(title, row);
        box = new QSpinBox(row);
        box->setObjectName(name);
        box->setKeyboardTracking(false);
        box->setAccessibleName(title);
        box->setToolTip(tip);
        label->setBuddy(box);
        layout->addWidget(label);
        const auto changed = [this, title, changedTo](int value) {
            choose(changedTo(value), title);
        };
        if (slider) {
            *slider = new QSlider(Qt::Horizontal, row);
            (*slider)->setObjectName(name + "Slider");
            (*slider)->setAccessibleName(title);
            (*slider)->setMinimumWidth(50);
            layout->addWidget(*slider, 1);
            connect(*slider, &QSlider::valueChanged, this, changed);
            connect(*slider, &QSlider::sliderReleased, this, [this] { m_steps.settle(); });
        }
        layout->addWidget(box);
        connect(box, &QSpinBox::valueChanged, this, changed);
    };
    number(m_gpus, &m_gpuSlider, "GPUs", "placementGpus", "GPUs that the experts of every layer are spread over",
        [this](int gpus) { return m_choice.withGpus(gpus); });
    number(m_nodes, nullptr, "Nodes", "placementNodes", "Machines that share the GPUs equally",
        [this](int nodes) { return m_choice.withNodes(nodes); });
    number(m_replicas, &m_replicaSlider, "Replicas", "placementReplicas", "Slots of a layer beyond one an expert",
        [this](int replicas) {
            ClusterChoice choice = m_choice;
            choice.replicas = replicas;
            return choice;
        });
    return row;
}

void PlacementWhatIf::choose(const ClusterChoice& choice, const QString& what)
{
    if (choice == m_choice)
        return showChoice(); // what was typed goes back
    m_steps.change(choice, what);
}

void PlacementWhatIf::restore(const ClusterChoice& choice)
{
    m_steps.restart(choice);
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
    const PlacementOptions asked = optionsOf(m_choice);
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
    PlacementOptions asked = optionsOf(m_choice);
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
    m_facts = m_preview ? previewText() : placementFacts(run, *at);
    m_card->setCard(plannersCard(run, *at, m_facts));
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
    return plannersCsv(*m_run, m_choice.planner);
}

}
