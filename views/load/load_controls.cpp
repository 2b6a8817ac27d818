// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/load/load_controls.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>

#include <algorithm>

namespace expertscope {

namespace {

enum LimitsMode
{
    AutoLimits,
    SymmetricLimits,
    FixedLimits
};

/// Shows 6, not 6.0000.
class LimitBox final : public QDoubleSpinBox
{
public:
    using QDoubleSpinBox::QDoubleSpinBox;
    QString textFromValue(double value) const override { return QLocale::c().toString(value, 'g', 4); }
};

QDoubleSpinBox* limitBox(const QString& id, const QString& tip, QWidget* parent)
{
    auto* box = new LimitBox(parent);
    box->setMinimumWidth(box->fontMetrics().horizontalAdvance("0") * 12);
    box->setObjectName(id);
    box->setToolTip(tip);
    box->setAccessibleName(tip);
    box->setDecimals(4);
    box->setRange(-1e6, 1e6);
    box->setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
    box->setKeyboardTracking(false);
    box->setLocale(QLocale::c());
    box->setEnabled(false);
    return box;
}

}

LoadControls::LoadControls(QWidget* parent)
    : QWidget(parent)
{
    setObjectName("controls");
    setAttribute(Qt::WA_StyledBackground);
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(12, 10, 12, 10);
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(6);

    m_metric = addCombo(grid, 0, 0, "Show", "metric", "What the colour of a cell means",
        {"Relative load", "Share of choices (%)", "Ratio to uniform (log)", "Ratio to whole trace (log)"});
    m_label = addCombo(grid, 0, 2, "Tokens", "filterLabel", "Count only the sequences that have this label", {"All"});
    m_value = addCombo(grid, 0, 4, "is", "filterValue", "The value the label must have", {});
    m_valueLabel = qobject_cast<QLabel*>(grid->itemAtPosition(0, 4)->widget());
    m_sort = addCombo(grid, 1, 0, "Experts", "sort", "Order of the experts within a layer", {"By id", "By load"});
    m_colours = addCombo(grid, 1, 2, "Colours", "colours", "Colour table; automatic: viridis, for ratios vik",
        QStringList{"Automatic"} + colourTableNames());
    m_limits = addCombo(grid, 1, 4, "Limits", "limits", "Values at the ends of the colour bar",
        {"From the data", "Symmetric", "Fixed"});
    auto* limits = new QHBoxLayout;
    limits->setSpacing(6);
    m_low = limitBox("limitLow", "Lower colour limit", this);
    m_high = limitBox("limitHigh", "Upper colour limit", this);
    limits->addWidget(m_low);
    limits->addWidget(new QLabel("to", this));
    limits->addWidget(m_high);
    grid->addLayout(limits, 1, 6);
    grid->setColumnStretch(7, 1);

    connect(m_label, &QComboBox::currentIndexChanged, this, [this] { fillValues(); });
    for (QComboBox* box : {m_metric, m_label, m_value, m_sort, m_colours, m_limits})
        connect(box, &QComboBox::currentIndexChanged, this, [this] {
            const bool fixed = m_limits->currentIndex() == FixedLimits;
            m_low->setEnabled(fixed);
            m_high->setEnabled(fixed);
            if (!m_quiet)
                emit changed();
        });
    for (QDoubleSpinBox* box : {m_low, m_high})
        connect(box, &QDoubleSpinBox::valueChanged, this, [this] {
            if (!m_quiet)
                emit changed();
        });
    setLabels({});
}

QComboBox* LoadControls::addCombo(QGridLayout* grid, int row, int column, const QString& title, const QString& id,
    const QString& tip, const QStringList& items)
{
    auto* label = new QLabel(title, this);
    label->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    label->setProperty("faint", true);
    auto* box = new QComboBox(this);
    box->setObjectName(id);
    box->setToolTip(tip);
    box->setAccessibleName(title);
    box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    box->setMinimumContentsLength(12);
    box->addItems(items);
    label->setBuddy(box);
    grid->addWidget(label, row, column);
    grid->addWidget(box, row, column + 1);
    return box;
}

void LoadControls::setLabels(const std::vector<Label>& labels)
{
    m_quiet = true;
    m_labels = labels;
    m_label->clear();
    m_label->addItem("All");
    for (const Label& label : m_labels)
        m_label->addItem(QString::fromStdString(label.name));
    m_label->setEnabled(!m_labels.empty());
    m_label->setToolTip(m_labels.empty() ? "The sequences of this trace have no labels"
                                         : "Count only the sequences that have this label");
    fillValues();
    m_quiet = false;
}

void LoadControls::fillValues()
{
    const bool before = m_quiet;
    m_quiet = true;
    m_value->clear();
    const int index = m_label->currentIndex() - 1;
    m_value->setVisible(index >= 0);
    m_valueLabel->setVisible(index >= 0);
    if (index >= 0) {
        const Label& label = m_labels[std::size_t(index)];
        for (std::size_t v = 0; v < label.values.size(); ++v) {
            const auto count = std::count(label.codes.begin(), label.codes.end(), std::int32_t(v));
            const QString value = QString::fromStdString(label.values[v]);
            m_value->addItem(QString("%1  (%2)").arg(value).arg(count), value);
            m_value->setItemData(int(v), QString("%1 sequences").arg(count), Qt::ToolTipRole);
        }
    }
    m_quiet = before;
}

bool LoadControls::chooseFilter(const QString& label, const QString& value)
{
    const int index = m_label->findText(label);
    if (index <= 0)
        return false;
    m_quiet = true;
    m_label->setCurrentIndex(index);
    const int at = m_value->findData(value);
    if (at >= 0)
        m_value->setCurrentIndex(at);
    m_quiet = false;
    emit changed();
    return at >= 0;
}

void LoadControls::apply(FigureSpec& spec) const
{
    static constexpr LoadMetric metrics[] = {
        LoadMetric::Relative, LoadMetric::Share, LoadMetric::Ratio, LoadMetric::Ratio};
    spec.metric = metrics[m_metric->currentIndex()];
    spec.against = m_metric->currentIndex() == 3 ? Against::All : Against::Uniform;
    spec.sort = m_sort->currentIndex() == 1 ? SortExperts::ByLoad : SortExperts::ById;
    spec.colours = m_colours->currentIndex() > 0 ? m_colours->currentText() : QString();
    spec.where.clear();
    if (m_label->currentIndex() > 0 && m_value->currentIndex() >= 0)
        spec.where.push_back({m_label->currentText().toStdString(), m_value->currentData().toString().toStdString()});
}

void LoadControls::applyLimits(FigureSpec& spec, const HeatMap& map) const
{
    const bool log = spec.metric == LoadMetric::Ratio;
    if (m_limits->currentIndex() == FixedLimits) {
        double low = m_low->value(), high = m_high->value();
        if (log && low <= 0)
            low = 1e-4; // the least the boxes can show
        if (high <= low)
            high = log ? low * 2 : low + 1e-3;
        spec.limits = {low, high};
    } else if (m_limits->currentIndex() == SymmetricLimits && !log) {
        const auto all = map.values.summarise(0, map.rows(), 0, map.columns());
        const double reach = std::max(map.centre - all.min, all.max - map.centre);
        if (all.count > 0 && reach > 0)
            spec.limits = {map.centre - reach, map.centre + reach};
    } // on the log scale the limits from the data are symmetric already
}

void LoadControls::showLimits(std::pair<double, double> limits, bool log)
{
    m_quiet = true;
    if (m_limits->currentIndex() != FixedLimits) {
        m_low->setValue(limits.first);
        m_high->setValue(limits.second);
    }
    m_low->setMinimum(log ? 0.0001 : -1e6);
    m_quiet = false;
}

}
