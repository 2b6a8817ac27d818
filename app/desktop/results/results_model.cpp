// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/results/results_model.h"

#include "views/charts/wording.h"

namespace expertscope {

namespace {

enum ResultColumn
{
    MetricColumn,
    WithColumn,
    LayerColumn,
    ExpertColumn,
    OfColumn,
    ValueColumn,
    UniformColumn,
    IntervalColumn,
    CountColumn,
    NumColumns
};
constexpr const char* kTitles[NumColumns] = {
    "Metric", "With", "Layer", "Expert", "Of", "Value", "Uniform", "95 %", "n"};
constexpr const char* kTips[NumColumns] = {"Metric and measure", "Parameters",
    "Layer of the model; the router where layers are not known", "Expert of the layer",
    "Value of a label, and what else it is of", "Value with its unit", "The same under uniform random routing",
    "Interval over sequences", "Observations behind the value"};

QString parameterText(const ParameterValue& value)
{
    if (const auto* text = std::get_if<std::string>(&value))
        return QString::fromStdString(*text);
    return numberText(std::get<double>(value));
}

bool isNumber(int column)
{
    return column == LayerColumn || column == ExpertColumn || column >= ValueColumn;
}

}

void ResultsModel::setDocument(std::shared_ptr<const results::ResultDocument> document)
{
    beginResetModel();
    m_document = std::move(document);
    endResetModel();
}

int ResultsModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() || !m_document ? 0 : int(m_document->results.rows.size());
}

int ResultsModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : NumColumns;
}

QString ResultsModel::text(const ResultRow& row, int column) const
{
    switch (column) {
    case MetricColumn:
        return QString::fromStdString(row.metric);
    case WithColumn: {
        QStringList parts;
        for (const auto& [name, value] : row.params)
            parts << QString::fromStdString(name) + " = " + parameterText(value);
        return parts.join(", ");
    }
    case LayerColumn: {
        const auto layer = results::layerOf(row, m_document->origin);
        return layer ? QString::number(*layer) : row.site ? "router " + QString::number(row.site->value) : QString();
    }
    case ExpertColumn:
        return row.expert ? QString::number(row.expert->value) : QString();
    case OfColumn: {
        QStringList parts;
        if (row.label)
            parts << QString::fromStdString(row.label->first + " = " + row.label->second);
        for (const auto& [name, value] : row.other)
            parts << QString::fromStdString(name + " = " + value);
        return parts.join(", ");
    }
    case ValueColumn:
        return row.value
            ? numberText(*row.value) + (row.unit == "1" ? QString() : ' ' + QString::fromStdString(row.unit))
            : "–";
    case UniformColumn:
        return row.uniform ? numberText(*row.uniform) : QString();
    case IntervalColumn:
        return row.interval ? QString("[%1, %2]").arg(numberText(row.interval->first), numberText(row.interval->second))
                            : QString();
    case CountColumn:
        return countText(row.n);
    default:
        return {};
    }
}

QVariant ResultsModel::sortKey(const ResultRow& row, int column) const
{
    switch (column) {
    case LayerColumn:
        return row.site ? int(row.site->value) : -1;
    case ExpertColumn:
        return row.expert ? int(row.expert->value) : -1;
    case ValueColumn:
        return row.value ? QVariant(*row.value) : QVariant();
    case UniformColumn:
        return row.uniform ? QVariant(*row.uniform) : QVariant();
    case IntervalColumn:
        return row.interval ? QVariant(row.interval->first) : QVariant();
    case CountColumn:
        return qulonglong(row.n);
    default:
        return text(row, column);
    }
}

QVariant ResultsModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid())
        return {};
    const ResultRow& row = m_document->results.rows[std::size_t(index.row())];
    if (role == Qt::DisplayRole)
        return text(row, index.column());
    if (role == kSortRole)
        return sortKey(row, index.column());
    if (role == Qt::TextAlignmentRole && isNumber(index.column()))
        return int(Qt::AlignRight | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole && index.column() == ValueColumn && !row.value)
        return QString::fromStdString(row.undefined);
    return {};
}

QVariant ResultsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= NumColumns)
        return {};
    if (role == Qt::DisplayRole)
        return QString::fromUtf8(kTitles[section]);
    return role == Qt::ToolTipRole ? QVariant(QString(kTips[section])) : QVariant();
}

}
