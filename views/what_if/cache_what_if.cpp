// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/what_if/cache_what_if.h"

#include "analysis/simulation/registry.h"
#include "analysis/what_if/byte_sizes.h"
#include "views/charts/wording.h"
#include "views/what_if/what_if_controls.h"
#include "views/what_if/what_if_curves.h"
#include "views/widgets/job_controls.h"
#include "views/widgets/overflow_row.h"
#include "views/widgets/state_pages.h"
#include "views/widgets/theme.h"

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
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace expertscope {

namespace {

constexpr const char* kNothing = "Open a trace to ask what a cache would do";

QToolButton* textButton(const QString& text, const QString& name, const QString& tip, QWidget* parent)
{
    auto* const button = new QToolButton(parent);
    button->setText(text);
    button->setObjectName(name);
    button->setToolTip(tip);
    button->setFocusPolicy(Qt::StrongFocus);
    return button;
}

}

CacheWhatIf::CacheWhatIf(Session& session, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_whatIf(WhatIf::of(session))
{
    auto* const layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(makeControls());
    layout->addWidget(makeBudget());
    m_progress = loadingBar(this);
    layout->addWidget(m_progress);
    m_pages = new QStackedWidget(this);
    m_page = new StatePage(this);
    m_state = m_page->addText(kNothing, "whatIfState");
    m_state->setProperty("faint", true);
    m_pages->addWidget(m_page);
    m_chart = new ChartWidget(session, this);
    m_chart->setAccessibleName("Cache what-if");
    m_line = new BudgetLine(m_chart);
    m_pages->addWidget(m_chart);
    layout->addWidget(m_pages, 1);
    focusFollowsPage(this, m_pages, m_chart);
    const auto words = [&](const QString& name) {
        auto* const label = new QLabel(this);
        label->setObjectName(name);
        label->setWordWrap(true);
        label->setContentsMargins(8, 2, 8, 2);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
        layout->addWidget(label);
        return label;
    };
    m_facts = words("whatIfFacts");
    m_contract = words("whatIfContract");
    m_contract->setProperty("faint", true);
    m_contract->setToolTip("What the cache promises: hit rates depend on it as much as on the policy");
    m_stop = stopButton(m_pages);
    connect(m_stop, &QToolButton::clicked, this, [this] { m_whatIf.stop(); });

    connect(&m_whatIf, &WhatIf::tableChanged, this, &CacheWhatIf::showTable);
    connect(&m_whatIf, &WhatIf::changed, this, &CacheWhatIf::showChoice);
    connect(&m_whatIf, &WhatIf::progressed, this, [this](double share) { m_progress->setValue(int(share * 1000)); });
    connect(m_line, &BudgetLine::dragged, this, [this](std::size_t place) { choosePlace(place, false); });
    connect(m_line, &BudgetLine::released, this, [this] { m_whatIf.settle(); });
    showTable();
}

QWidget* CacheWhatIf::makeControls()
{
    auto* const around = new QWidget(this);
    auto* const margins = new QHBoxLayout(around);
    margins->setContentsMargins(8, 4, 8, 0);
    auto* const row = new OverflowRow("More of the what-if", around);
    margins->addWidget(row, 1);
    m_policy = new QComboBox(this);
    m_policy->setObjectName("whatIfPolicy");
    for (const simulation::PolicySpec& spec : simulation::policyRegistry()) {
        const QString name = QString::fromStdString(spec.name);
        m_policy->addItem(spec.knowsFuture ? name + "*" : name, name);
        m_policy->setItemData(m_policy->count() - 1, QString::fromStdString(spec.definition), Qt::ToolTipRole);
    }
    row->add(namedList("Policy", "Which expert has to leave; * knows the future: a bound", m_policy, this));
    const auto list = [&](QComboBox*& box, const QString& title, const QString& tip, const QString& name,
                          std::initializer_list<std::pair<const char*, const char*>> entries,
                          std::string Configuration::*member) {
        box = new QComboBox(this);
        box->setObjectName(name);
        for (const auto& [value, text] : entries)
            box->addItem(text, QString(value));
        row->add(namedList(title, tip, box, this));
        connect(box, &QComboBox::activated, this, [this, box, title, member] {
            const QString value = box->currentData().toString();
            edit(title.toLower() + ' ' + value, [&](Configuration& c) { c.*member = value.toStdString(); });
            m_whatIf.settle();
        });
    };
    list(m_admission, "Admission", "Whether what is loaded must stay in the cache", "whatIfAdmission",
        {{"forced", "forced"}, {"bypass", "bypass"}}, &Configuration::admission);
    list(m_service, "Service", "Experts of a token at once, or one after the other", "whatIfService",
        {{"atomic", "atomic"}, {"sequential", "sequential"}}, &Configuration::service);
    list(m_phase, "Tokens", "Which tokens the cache serves", "whatIfPhase",
        {{"all", "all"}, {"prompt", "prefill"}, {"decode", "decode"}}, &Configuration::phase);
    m_keep = textButton("Keep as A", "whatIfKeep", "Compare what comes with the present configuration", this);
    m_keep->setCheckable(true);
    row->add(m_keep);
    m_copy = textButton("Copy command", "whatIfCopy", "Copy the command that computes these numbers in a shell", this);
    row->add(m_copy);
    connect(m_policy, &QComboBox::activated, this, [this] {
        const QString name = m_policy->currentData().toString();
        edit("policy " + name, [&](Configuration& c) { c.policy = name.toStdString(); });
        m_whatIf.settle();
    });
    connect(m_keep, &QToolButton::clicked, this, [this](bool on) { on ? m_whatIf.keep() : m_whatIf.dropKept(); });
    connect(m_copy, &QToolButton::clicked, this, [this] { emit said(copyCommand()); });
    return around;
}

QWidget* CacheWhatIf::makeBudget()
{
    auto* const row = new QWidget(this);
    auto* const layout = new QHBoxLayout(row);
    layout->setContentsMargins(8, 4, 8, 4);
    layout->setSpacing(8);
    auto* const label = new QLabel("Slots a layer", row);
    m_slots = new QSpinBox(row);
    m_slots->setObjectName("whatIfSlots");
    m_slots->setKeyboardTracking(false);
    m_slots->setAccessibleName("Slots of a layer's cache");
    label->setBuddy(m_slots);
    m_slider = new QSlider(Qt::Horizontal, row);
    m_slider->setObjectName("whatIfSlider");
    m_slider->setAccessibleName("Slots of a layer's cache");
    m_slider->setMinimumWidth(60);
    m_share = new QLabel(row);
    m_share->setObjectName("whatIfShare");
    layout->addWidget(label);
    layout->addWidget(m_slider, 1);
    layout->addWidget(m_slots);
    layout->addWidget(m_share);
    connect(m_slider, &QSlider::valueChanged, this, [this](int place) { choosePlace(std::size_t(place), false); });
    connect(m_slider, &QSlider::sliderReleased, this, [this] { m_whatIf.settle(); });
    connect(m_slots, &QSpinBox::valueChanged, this, [this](int size) {
        if (const CacheTablePtr& table = m_whatIf.table()) {
            std::size_t place = table->placeOf(std::uint32_t(size));
            const auto at = placeIn(*table, m_whatIf.now());
            // One up from a size leads to the next that is known, however far that is.
            if (at && place == at->capacity && std::uint32_t(size) > table->capacities[place]
                && place + 1 < table->capacities.size())
                ++place;
            choosePlace(place, true);
        }
    });
    return row;
}

void CacheWhatIf::edit(const QString& what, const std::function<void(Configuration&)>& change)
{
    Configuration configuration = m_whatIf.now();
    change(configuration);
    m_whatIf.change(configuration, what);
}

void CacheWhatIf::choosePlace(std::size_t place, bool ended)
{
    const CacheTablePtr& table = m_whatIf.table();
    if (!table || place >= table->capacities.size())
        return;
    const std::uint32_t capacity = table->capacities[place];
    if (m_whatIf.now().capacity == capacity)
        showChoice(); // what was typed goes back to a size that is known
    else
        edit("cache size", [&](Configuration& c) { c.capacity = capacity; }); // which shows it
    if (ended)
        m_whatIf.settle();
}

void CacheWhatIf::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    m_whatIf.need();
}

void CacheWhatIf::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_line)
        showChoice(); // in the colours of another theme
}

QString CacheWhatIf::stateText() const
{
    return m_pages->currentWidget() == m_chart ? QString() : m_state->text();
}

QString CacheWhatIf::note() const
{
    return m_whatIf.sample() && m_whatIf.table()
        ? QString("A sample of %1 sequences; all are being computed").arg(m_whatIf.sample())
        : QString();
}

void CacheWhatIf::showTable()
{
    const bool waits = m_whatIf.waits();
    const CacheTablePtr& table = m_whatIf.table();
    if (waits)
        m_progress->setValue(std::max(0, m_progress->value()));
    else
        m_progress->reset();
    m_chart->setDimmed(waits && table && !m_whatIf.sample());
    if (!table) {
        m_drawn = {};
        m_state->setText(m_whatIf.error() ? QString::fromStdString(m_whatIf.error()->message())
                : waits                   ? "Computing all policies and sizes …"
                                          : kNothing);
        m_pages->setCurrentWidget(m_page);
    } else {
        const QSignalBlocker quietSlider(m_slider), quietSlots(m_slots);
        m_slider->setRange(0, int(table->capacities.size()) - 1);
        m_slider->setPageStep(std::max(1, int(table->capacities.size()) / 8));
        m_slots->setRange(int(table->capacities.front()), int(table->capacities.back()));
        m_line->setCapacities(table->capacities);
        m_line->setTopK(table->topK);
    }
    for (QWidget* control : {static_cast<QWidget*>(m_slider), static_cast<QWidget*>(m_slots),
             static_cast<QWidget*>(m_copy), static_cast<QWidget*>(m_keep)})
        control->setEnabled(table != nullptr);
    showChoice();
    m_stop->setVisible(waits);
    m_stop->setGeometry(QRect({m_pages->width() - m_stop->sizeHint().width() - 4, 4}, m_stop->sizeHint()));
    m_stop->raise(); // above the page in front
    emit contentChanged();
}

void CacheWhatIf::drawCurves()
{
    const Configuration& now = m_whatIf.now();
    const auto& kept = m_whatIf.kept();
    const CacheTablePtr keptTable = m_whatIf.keptTable();
    Drawn drawn{m_whatIf.table(), keptTable, now.policy, kept ? kept->policy : std::string()};
    if (drawn == m_drawn)
        return;
    m_drawn = std::move(drawn);
    std::optional<KeptConfiguration> beside;
    if (keptTable)
        beside = KeptConfiguration{*kept, keptTable};
    const NamedTrace& trace = m_session.study()->traces()[m_session.mainSide().trace()];
    const ChartPtr chart = whatIfCurves(m_whatIf.table(), now, beside, csvTrace(trace),
        describeTokens(m_whatIf.scope(), m_session.shape()));
    m_chart->setChart(chart);
    m_line->relocate();
    if (!chart)
        m_state->setText(QString("%1 cannot serve this contract: choose another policy, admission or service")
                .arg(QString::fromStdString(now.policy)));
    m_pages->setCurrentWidget(chart ? static_cast<QWidget*>(m_chart) : m_page);
    QMetaObject::invokeMethod(m_line, &BudgetLine::relocate, Qt::QueuedConnection); // once it is laid out
    emit contentChanged();
}

QString CacheWhatIf::gapText(double rate, double optimum, const QString& name) const
{
    return optimum != optimum
        ? QString()
        : QString("%1 %2 (%3 points more)").arg(name, percentText(optimum), numberText(100 * (optimum - rate)));
}

void CacheWhatIf::showChoice()
{
    const Configuration& now = m_whatIf.now();
    showValue(m_policy, QString::fromStdString(now.policy));
    showValue(m_admission, QString::fromStdString(now.admission));
    showValue(m_service, QString::fromStdString(now.service));
    showValue(m_phase, QString::fromStdString(now.phase));
    m_keep->setChecked(m_whatIf.kept().has_value());
    const CacheTablePtr& table = m_whatIf.table();
    if (!table) {
        m_facts->clear();
        m_contract->clear();
        m_share->clear();
        return;
    }
    drawCurves();
    m_contract->setText(QString::fromStdString("Contract: " + simulation::describe(table->contract) + " · " + table->run)
        + (note().isEmpty() ? QString() : " · " + note()));
    const auto at = placeIn(*table, now);
    if (!at) {
        m_facts->clear();
        return;
    }
    const std::size_t c = at->capacity;
    {
        const QSignalBlocker quietSlider(m_slider), quietSlots(m_slots);
        if (m_slider->value() != int(c))
            m_slider->setValue(int(c));
        m_slots->setValue(int(table->capacities[c]));
    }
    m_line->setAccent(screenStyle(screenColours(), font()).series[m_whatIf.kept() ? 1 : 0]);
    m_line->setPlace(c);
    const auto& kept = m_whatIf.kept();
    const CacheTablePtr keptTable = m_whatIf.keptTable();
    const auto keptAt = keptTable ? placeIn(*keptTable, *kept) : std::nullopt;
    m_line->setKept(keptAt ? std::optional(keptAt->capacity) : std::nullopt);
    const std::uint32_t size = table->capacities[c];
    QString share = QString("of %1 · %2").arg(table->experts).arg(percentText(double(size) / table->experts));
    const auto model = now.expertBytes ? now.expertBytes
        : table->sizes.noExpertBytes.empty() ? std::optional(table->sizes.model.expertBytes)
                                             : std::nullopt;
    if (model)
        share += " · " + QString::fromStdString(sizeText(double(table->totalSlots[c]) * *model)) + " in all";
    m_share->setText(share);

    const simulation::Counters& total = table->policies[at->policy].totals[c];
    const double rate = total.hitRate();
    QStringList facts{QString("%1%2, %3 slots: hit rate %4 (uniform %5)")
            .arg(QString(kept ? "B: " : ""), QString::fromStdString(now.policy))
            .arg(size)
            .arg(percentText(rate), percentText(table->uniform[c])),
        gapText(rate, table->forcedOptimum[c], "OPT, forced"), gapText(rate, table->freeOptimum[c], "OPT, bypass")};
    if (keptAt) {
        const double before = keptTable->policies[keptAt->policy].totals[keptAt->capacity].hitRate();
        facts << QString("A: %1, %2 slots: %3; B − A %4 points")
                     .arg(QString::fromStdString(kept->policy))
                     .arg(keptTable->capacities[keptAt->capacity])
                     .arg(percentText(before), numberText(100 * (rate - before)));
    }
    if (model && table->tokens)
        facts << "loads " + QString::fromStdString(sizeText(double(total.misses()) * *model / double(table->tokens)))
                + " a token";
    facts << "n = " + countText(total.requests) + " requests";
    m_facts->setText(joinedReadout(facts));
}

QString CacheWhatIf::facts() const
{
    return m_facts->text();
}

QString CacheWhatIf::copyCommand()
{
    if (!m_whatIf.table())
        return {};
    QStringList unsaid;
    const QString command = commandOf(m_whatIf.now(), *m_whatIf.table(), *m_session.study(),
        m_session.mainSide().trace(), m_whatIf.scope(), unsaid);
    QApplication::clipboard()->setText(command);
    return unsaid.isEmpty() ? "Copied: " + command : "Copied, without what has no option: " + unsaid.join(", ");
}

}
