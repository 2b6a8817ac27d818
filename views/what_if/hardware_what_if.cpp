// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/what_if/hardware_what_if.h"

#include "analysis/hardware/hardware_presets.h"
#include "analysis/what_if/byte_sizes.h"
#include "views/charts/wording.h"
#include "views/what_if/what_if_controls.h"
#include "views/widgets/card_view.h"
#include "views/widgets/card_writer.h"

#include <QComboBox>
#include <QEvent>
#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

#include <cmath>

namespace expertscope {

namespace {

constexpr double kGiga = 1e9, kMicro = 1e-6, kMilli = 1e-3, kMiB = 1024 * 1024;

struct Quantity
{
    const char* name;
    const char* unit;
    double units; ///< of the point's, in one shown
    std::optional<double> cost::ModelledPoint::*member;
    bool bytes = false;
    const char* tip;
};
const Quantity kQuantities[] = {
    {"Speed", "tokens/s", 1, &cost::ModelledPoint::tokensPerSecond, false, "Of all sequences of a batch together"},
    {"Time between tokens", "ms", kMilli, &cost::ModelledPoint::stepSeconds, false, "Mean of all counted steps"},
    {"p50", "ms", kMilli, &cost::ModelledPoint::p50, false, "Median of the watched steps"},
    {"p95", "ms", kMilli, &cost::ModelledPoint::p95, false, "95 of 100 watched steps take no longer"},
    {"p99", "ms", kMilli, &cost::ModelledPoint::p99, false, "99 of 100 watched steps take no longer"},
    {"Stalls", "%", 0.01, &cost::ModelledPoint::stallShare, false,
        "Share of the time beyond computing with all experts resident"},
    {"Link busy", "%", 0.01, &cost::ModelledPoint::linkUse, false, "Share of the time"},
    {"Loaded a token", "", 1, &cost::ModelledPoint::bytesPerToken, true, "Over the link"},
    {"On the CPU", "%", 0.01, &cost::ModelledPoint::cpuShare, false, "Share of the misses that the CPU lane runs"},
};

QString textOf(const Quantity& quantity, const cost::ModelledPoint& point)
{
    const auto& value = point.*quantity.member;
    if (!value)
        return "–";
    return quantity.bytes ? QString::fromStdString(sizeText(*value))
                          : numberText(*value / quantity.units) + ' ' + quantity.unit;
}

}

HardwareWhatIf::HardwareWhatIf(Session& session, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_whatIf(WhatIf::of(session))
{
    auto* const outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->setSpacing(0);
    auto* const controls = new QWidget(this);
    auto* const layout = new QVBoxLayout(controls);
    layout->setContentsMargins(8, 4, 8, 4);
    layout->setSpacing(4);
    auto* const lists = new QGridLayout;
    m_machine = new QComboBox(this);
    m_machine->setObjectName("whatIfMachine");
    for (const cost::HardwarePreset& preset : cost::hardwarePresets()) {
        if (preset.kind != cost::PartKind::Machine)
            continue;
        m_machine->addItem(QString::fromStdString(preset.name), QString::fromStdString(preset.name));
        m_machine->setItemData(m_machine->count() - 1, QString::fromStdString(preset.title), Qt::ToolTipRole);
    }
    m_level = new QComboBox(this);
    m_level->setObjectName("whatIfLevel");
    m_level->addItem("overlap", "2");
    m_level->addItem("serial", "1");
    const auto row = [&](const QString& title, const QString& tip, QComboBox* list, int at) {
        auto* const label = new QLabel(title, this);
        label->setBuddy(list);
        list->setAccessibleName(title);
        list->setToolTip(tip);
        lists->addWidget(label, at, 0);
        lists->addWidget(list, at, 1);
    };
    row("Machine", "Preset; the link can be changed below", m_machine, 0);
    row("Cost model", "How loads and computing go together", m_level, 1);
    lists->setColumnStretch(1, 1);
    layout->addLayout(lists);
    m_parts = new QLabel(this);
    m_parts->setObjectName("whatIfParts");
    m_parts->setWordWrap(true);
    m_parts->setProperty("faint", true);
    layout->addWidget(m_parts);
    const auto add = [&](RatioSlider*& to, RatioSlider* made) {
        to = made;
        layout->addWidget(made);
    };
    add(m_link, slider("Link", "whatIfLink", "GB/s", 0.5, 500, kGiga, &Configuration::linkBytesPerSecond));
    add(m_latency, slider("Latency of a load", "whatIfLatency", "µs", 1, 10000, kMicro, &Configuration::linkLatency));
    add(m_expert, slider("Expert size", "whatIfExpert", "MiB", 0.01, 1000, kMiB, &Configuration::expertBytes));
    add(m_dense, slider("Rest of a step", "whatIfDense", "ms", 0.01, 1000, kMilli, &Configuration::denseSeconds));
    m_reset = new QPushButton("Reset to machine and model", this);
    m_reset->setObjectName("whatIfReset");
    m_reset->setToolTip("The preset's link, the sizes of the trace's model");
    layout->addWidget(m_reset, 0, Qt::AlignLeft);
    auto* const scroll = new QScrollArea(this);
    scroll->setWidget(controls);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
    outer->addWidget(scroll);
    m_card = new CardView(session, this);
    m_card->setAccessibleName("Modelled time");
    outer->addWidget(m_card, 1);
    setFocusProxy(m_machine);

    connect(m_machine, &QComboBox::activated, this, [this] {
        const QString name = m_machine->currentData().toString();
        edit("machine " + name, [&](Configuration& c) {
            c.hardware = name.toStdString();
            c.linkBytesPerSecond = c.linkLatency = {};
        });
        m_whatIf.settle();
    });
    connect(m_level, &QComboBox::activated, this, [this] {
        const int level = m_level->currentData().toInt();
        edit("cost model " + m_level->currentText(), [&](Configuration& c) { c.level = level; });
        m_whatIf.settle();
    });
    connect(m_reset, &QPushButton::clicked, this, [this] {
        edit("reset the machine", [](Configuration& c) {
            c.linkBytesPerSecond = c.linkLatency = c.expertBytes = c.denseSeconds = {};
        });
        m_whatIf.settle();
    });
    connect(&m_whatIf, &WhatIf::changed, this, &HardwareWhatIf::lookUp);
    connect(&m_whatIf, &WhatIf::tableChanged, this, &HardwareWhatIf::lookUp);
    lookUp();
}

RatioSlider* HardwareWhatIf::slider(const QString& title, const QString& name, const QString& unit, double least,
    double most, double units, std::optional<double> Configuration::*member)
{
    auto* const made = new RatioSlider(title, unit, least, most, this);
    made->setObjectName(name);
    connect(made, &RatioSlider::moved, this, [this, title, units, member](double value) {
        edit(title.toLower(), [&](Configuration& c) {
            double exact = value * units;
            if (member == &Configuration::expertBytes)
                exact = std::round(exact); // whole bytes
            c.*member = exact;
        });
    });
    connect(made, &RatioSlider::released, this, [this] { m_whatIf.settle(); });
    return made;
}

void HardwareWhatIf::edit(const QString& what, const std::function<void(Configuration&)>& change)
{
    Configuration configuration = m_whatIf.now();
    change(configuration);
    m_whatIf.change(configuration, what);
}

void HardwareWhatIf::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    m_whatIf.need();
    lookUp();
}

void HardwareWhatIf::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_card)
        write();
}

QString HardwareWhatIf::stateText() const
{
    return m_point ? QString() : m_why;
}

Expected<cost::ModelledPoint> HardwareWhatIf::model(
    const Configuration& configuration, const CacheTablePtr& table) const
{
    const auto at = placeIn(*table, configuration);
    if (!at)
        return fail(configuration.policy + " cannot serve this contract");
    ES_ASSIGN(const cost::Machine machine, machineOf(configuration));
    ES_ASSIGN(const cost::Model model, modelOf(configuration, table->sizes));
    return modelPoint(*table, at->policy, at->capacity, machine, model, cost::Level(configuration.level));
}

void HardwareWhatIf::showControls(const CacheTable* table)
{
    const Configuration& now = m_whatIf.now();
    showValue(m_machine, QString::fromStdString(now.hardware));
    showValue(m_level, QString::number(now.level));
    const auto machine = machineOf(now);
    if (machine) {
        m_link->setValue(machine->link.bytesPerSecond / kGiga);
        m_latency->setValue(machine->link.latency / kMicro);
        m_parts->setText(QString::fromStdString("GPU " + machine->gpu.name + ": " + ratesText(machine->gpu)
            + (machine->cpu ? "; CPU lane " + machine->cpu->name + ": " + ratesText(*machine->cpu) : "; no CPU lane")));
    }
    if (table) {
        const cost::Model& sizes = table->sizes.model;
        m_expert->setValue(now.expertBytes.value_or(sizes.expertBytes) / kMiB);
        m_dense->setValue(now.denseSeconds.value_or(
                              machine && table->sizes.noDense.empty()
                                  ? cost::denseSeconds(*machine, sizes, table->tally.tokensAStep)
                                  : 0)
            / kMilli);
    }
    m_reset->setEnabled(now.linkBytesPerSecond || now.linkLatency || now.expertBytes || now.denseSeconds);
    m_expert->setEnabled(table);
    m_dense->setEnabled(table);
}

void HardwareWhatIf::lookUp()
{
    if (!isVisible())
        return;
    const CacheTablePtr& table = m_whatIf.table();
    showControls(table.get());
    m_rows.clear();
    m_point.reset();
    if (!table) {
        m_why = m_whatIf.error() ? QString::fromStdString(m_whatIf.error()->message())
            : m_whatIf.waits()   ? "Computing all policies and sizes …"
                                 : "Open a trace to model its time";
        write();
        return emit contentChanged();
    }
    const auto point = model(m_whatIf.now(), table);
    if (point)
        m_point = *point;
    else
        m_why = QString::fromStdString(point.error().message());
    std::optional<cost::ModelledPoint> before;
    if (const CacheTablePtr of = m_whatIf.keptTable()) {
        if (const auto modelled = model(*m_whatIf.kept(), of))
            before = *modelled;
    }
    for (const Quantity& quantity : kQuantities) {
        if (m_point)
            m_rows.push_back({quantity.name, textOf(quantity, *m_point),
                before ? textOf(quantity, *before) : QString(), quantity.tip});
    }
    write();
    emit contentChanged();
}

void HardwareWhatIf::write()
{
    CardWriter out;
    if (m_rows.empty()) {
        out.note(m_why);
        return m_card->setCard(out.card());
    }
    const bool both = !m_rows.front().kept.isEmpty();
    std::vector<CardWriter::Column> columns{{"Modelled", "Not measured: of the numbers above", false}};
    if (both)
        columns.push_back({"A"});
    columns.push_back({both ? "B" : "Value"});
    std::vector<QStringList> rows;
    for (const Row& row : m_rows) {
        QStringList cells{CardWriter::plain(row.name, row.tip)};
        if (both)
            cells << CardWriter::plain(row.kept);
        cells << CardWriter::plain(row.value);
        rows.push_back(cells);
    }
    out.table(columns, rows);
    const Configuration& now = m_whatIf.now();
    const auto at = placeIn(*m_whatIf.table(), now);
    out.note(QString("%1, %2 slots a layer. %3 %4")
                 .arg(QString::fromStdString(now.policy))
                 .arg(at ? m_whatIf.table()->capacities[at->capacity] : 0)
                 .arg(QString::fromStdString("Cost model: " + levelText(cost::Level(now.level)) + "."),
                     QString::fromStdString(percentileText(m_whatIf.table()->tally))));
    m_card->setCard(out.card());
}

QByteArray HardwareWhatIf::csv() const
{
    QByteArray csv;
    for (const Row& row : m_rows)
        csv += csvText(row.name.toStdString()) + ',' + csvText(row.value.toStdString()) + ','
            + csvText(row.kept.toStdString()) + '\n';
    return csv.isEmpty() ? csv : "modelled,value,A\n" + csv;
}

}
