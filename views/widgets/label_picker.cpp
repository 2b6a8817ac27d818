// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/widgets/label_picker.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QLocale>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QStandardItemModel>
#include <QVBoxLayout>

namespace expertscope {

namespace {

enum
{
    NameRole = Qt::UserRole,
    ValueRole
};

}

LabelPicker::LabelPicker(FilterStack& filters, QWidget* parent)
    : QFrame(parent, Qt::Popup)
    , m_filters(filters)
{
    setObjectName("filterPopup");
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    layout->setSpacing(8);
    m_search = new QLineEdit(this);
    m_search->setObjectName("filterSearch");
    m_search->setPlaceholderText("Search label values");
    m_search->setClearButtonEnabled(true);
    m_search->installEventFilter(this);
    m_values = new QStandardItemModel(this);
    m_found = new QSortFilterProxyModel(this);
    m_found->setSourceModel(m_values);
    m_found->setFilterCaseSensitivity(Qt::CaseInsensitive);
    m_list = new QListView(this);
    m_list->setObjectName("filterValues");
    m_list->setModel(m_found);
    m_list->setUniformItemSizes(true);
    m_list->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_list->setTabKeyNavigation(false);
    auto* buttons = new QHBoxLayout;
    auto* keep = new QPushButton("Keep", this);
    keep->setObjectName("filterKeep");
    keep->setToolTip("Look only at these tokens  (Return)");
    auto* drop = new QPushButton("Drop", this);
    drop->setObjectName("filterDrop");
    drop->setToolTip("Look at all others  (Shift+Return)");
    buttons->addWidget(keep);
    buttons->addWidget(drop);
    layout->addWidget(m_search);
    layout->addWidget(m_list, 1);
    m_says = new QLabel(this);
    m_says->setObjectName("filterSays");
    m_says->setProperty("faint", true);
    m_says->setWordWrap(true);
    layout->addWidget(m_says);
    layout->addLayout(buttons);
    connect(m_search, &QLineEdit::textChanged, this, &LabelPicker::search);
    connect(m_list, &QListView::doubleClicked, this, [this] { choose(true); });
    connect(keep, &QPushButton::clicked, this, [this] { choose(true); });
    connect(drop, &QPushButton::clicked, this, [this] { choose(false); });
    m_list->installEventFilter(this);
}

void LabelPicker::openAt(const QPoint& global)
{
    fill();
    m_search->clear();
    search({});
    m_list->setCurrentIndex(m_found->index(0, 0));
    const int rows = std::clamp(m_values->rowCount(), 3, 14);
    m_list->setFixedHeight(rows * m_list->sizeHintForRow(0) + 4);
    m_list->setMinimumWidth(std::clamp(m_list->sizeHintForColumn(0) + 32, 240, 480));
    adjustSize();
    move(global);
    show();
    m_search->setFocus();
}

void LabelPicker::fill()
{
    m_values->clear();
    const RoutingShape* shape = m_filters.shape();
    if (!shape)
        return;
    const QLocale locale(QLocale::English);
    for (const Label& label : shape->labels) {
        std::vector<std::uint64_t> sequences(label.values.size());
        for (const std::int32_t code : label.codes) {
            if (code >= 0)
                ++sequences[std::size_t(code)];
        }
        for (std::size_t v = 0; v < label.values.size(); ++v) {
            const QString name = QString::fromStdString(label.name), value = QString::fromStdString(label.values[v]);
            auto* item = new QStandardItem(QString("%1 = %2    %3 %4")
                                               .arg(name, value, locale.toString(qulonglong(sequences[v])),
                                                   sequences[v] == 1 ? "sequence" : "sequences"));
            item->setData(name, NameRole);
            item->setData(value, ValueRole);
            m_values->appendRow(item);
        }
    }
}

std::optional<FilterStep> LabelPicker::typedValue(bool keep) const
{
    auto condition = parseValueCondition(m_search->text().trimmed().toStdString(), {});
    if (!condition || !m_filters.shape())
        return {};
    condition->bound.atLeast ^= !keep;
    const FilterStep step{*condition, true};
    return fits(step, *m_filters.shape()) ? std::optional(step) : std::nullopt;
}

void LabelPicker::search(const QString& text)
{
    m_found->setFilterFixedString(text);
    m_list->setCurrentIndex(m_found->index(0, 0));
    QStringList values;
    if (const RoutingShape* const shape = m_filters.shape()) {
        const QString layer = shape->sites.empty() ? QString("0") : QString::number(shape->sites.front().layer);
        if (records(shape->columns, TokenValue::Loss))
            values << "loss>=4";
        if (records(shape->columns, TokenValue::Entropy))
            values << "entropy@" + layer + ">=1";
        if (records(shape->columns, TokenValue::Margin))
            values << "margin@" + layer + "<0.01";
    }
    if (const auto step = typedValue(true))
        m_says->setText("Tokens with " + filterText(*step, *m_filters.shape()));
    else if (text.contains('<') || text.contains('>')) // as it is, also half typed
        m_says->setText(values.isEmpty() ? "The trace records no loss, entropy or margin" : "Such as " + values.join(", "));
    else
        m_says->setText(values.isEmpty() ? QString() : "Or a recorded value, such as " + values.join(", "));
    m_says->setVisible(!m_says->text().isEmpty());
}

void LabelPicker::choose(bool keep)
{
    if (const auto step = typedValue(keep)) {
        hide();
        m_filters.add(*step);
        return;
    }
    const QModelIndex index = m_list->currentIndex();
    if (!index.isValid())
        return;
    hide();
    const LabelFilter filter{
        index.data(NameRole).toString().toStdString(), index.data(ValueRole).toString().toStdString()};
    m_filters.add({filter, keep});
}

bool LabelPicker::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() != QEvent::KeyPress)
        return QFrame::eventFilter(watched, event);
    auto* key = static_cast<QKeyEvent*>(event);
    if (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter) {
        choose(!(key->modifiers() & Qt::ShiftModifier));
        return true;
    }
    if (watched == m_search && (key->key() == Qt::Key_Down || key->key() == Qt::Key_Up)) {
        const int row = m_list->currentIndex().row() + (key->key() == Qt::Key_Down ? 1 : -1);
        if (row >= 0 && row < m_found->rowCount())
            m_list->setCurrentIndex(m_found->index(row, 0));
        return true;
    }
    return QFrame::eventFilter(watched, event);
}

}
