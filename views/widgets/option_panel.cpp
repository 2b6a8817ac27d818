// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/widgets/option_panel.h"

#include "io/base/text.h"
#include "views/widgets/overflow_row.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSignalBlocker>

#include <algorithm>
#include <limits>

namespace expertscope {

namespace {

enum LimitsMode
{
    FromData,
    Symmetric,
    Held,
    Percentile
};

/// Shows 6, not 6.0000.
class ShortSpinBox final : public QDoubleSpinBox
{
public:
    using QDoubleSpinBox::QDoubleSpinBox;
    QString textFromValue(double value) const override { return QLocale::c().toString(value, 'g', 4); }
};

QDoubleSpinBox* spinBox(QWidget* parent, double least, double most, int decimals)
{
    auto* box = new ShortSpinBox(parent);
    box->setLocale(QLocale::c());
    box->setDecimals(decimals);
    box->setRange(least, most);
    box->setStepType(decimals > 0 ? QAbstractSpinBox::AdaptiveDecimalStepType : QAbstractSpinBox::DefaultStepType);
    box->setKeyboardTracking(false);
    box->setMinimumWidth(box->fontMetrics().horizontalAdvance('0') * 10);
    box->setMaximumWidth(box->minimumWidth());
    return box;
}

/// "by-load" as a user reads it.
QString words(const std::string& choice)
{
    QString text = QString::fromStdString(choice).replace('-', ' ').replace('_', ' ');
    if (!text.isEmpty())
        text[0] = text[0].toUpper();
    return text;
}

QComboBox* combo(QWidget* parent)
{
    auto* box = new QComboBox(parent);
    box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    return box;
}

}

OptionPanel::OptionPanel(ChartState& state, QWidget* parent)
    : QWidget(parent)
    , m_state(state)
{
    setObjectName("options");
    setAttribute(Qt::WA_StyledBackground);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(8, 4, 4, 4);
    layout->setSpacing(8);
    m_row = new OverflowRow("More options", this);
    layout->addWidget(m_row, 1);
    m_end = new QHBoxLayout;
    m_end->setSpacing(4);
    layout->addLayout(m_end);
    for (const ChartOption& option : state.chart().options)
        addOption(option);
    addLook();
    connect(&state, &ChartState::changed, this, &OptionPanel::read);
    setShown(nullptr, {});
}

void OptionPanel::addAtEnd(QWidget* widget)
{
    m_end->addWidget(widget);
}

void OptionPanel::focusFirst()
{
    // Forward from here, as Tab does.
    setFocus();
    focusNextChild();
}

QWidget* OptionPanel::control(const QString& title, QWidget* editor, const QString& name, const QString& tip)
{
    auto* both = new QWidget(this);
    auto* layout = new QHBoxLayout(both);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    auto* label = new QLabel(title, both);
    label->setProperty("faint", true);
    label->setBuddy(editor);
    editor->setParent(both);
    editor->setObjectName(name);
    editor->setAccessibleName(title);
    editor->setToolTip(tip);
    layout->addWidget(label);
    layout->addWidget(editor, 1);
    m_row->add(both);
    return both;
}

void OptionPanel::addOption(const ChartOption& option)
{
    QWidget* editor = nullptr;
    if (option.kind == ParameterSpec::Kind::Choices) {
        editor = option.list ? listEditor(option) : choiceEditor(option);
    } else if (option.kind == ParameterSpec::Kind::Number) {
        editor = numberEditor(option);
    } else {
        auto* line = new QLineEdit(this);
        line->setMaximumWidth(line->fontMetrics().horizontalAdvance('0') * 18);
        editor = line;
        const QString meaning = QString::fromStdString(option.meaning);
        const auto take = [this, line, meaning, name = option.name] {
            const auto set = m_state.setOption(name, line->text().toStdString());
            // What makes no sense stays, in red, to be mended.
            line->setStyleSheet(set ? QString() : QStringLiteral("color: #d55e00"));
            line->setToolTip(set ? meaning : QString::fromStdString(set.error().message()));
        };
        connect(line, &QLineEdit::editingFinished, this, take);
        if (!option.choices.empty()) { // any text, and words that are proposed
            auto* box = combo(this);
            for (const std::string& choice : option.choices)
                box->addItem(QString::fromStdString(choice));
            box->setEditable(true);
            box->setInsertPolicy(QComboBox::NoInsert);
            box->setLineEdit(line);
            connect(box, &QComboBox::activated, this, take);
            editor = box;
        }
        m_readers.push_back([this, line, name = option.name] {
            line->setText(QString::fromStdString(m_state.options().text(name)));
            line->setStyleSheet({});
        });
    }
    control(option.title, editor, QString::fromStdString(option.name), QString::fromStdString(option.meaning));
}

QWidget* OptionPanel::choiceEditor(const ChartOption& option)
{
    auto* box = combo(this);
    for (const std::string& choice : option.choices)
        box->addItem(words(choice), QString::fromStdString(choice));
    connect(box, &QComboBox::activated, this, [this, box, name = option.name] {
        (void)m_state.setOption(name, box->currentData().toString().toStdString());
    });
    m_readers.push_back([this, box, name = option.name] {
        box->setCurrentIndex(box->findData(QString::fromStdString(m_state.options().text(name))));
    });
    return box;
}

/// Several words: a menu to tick them in.
QWidget* OptionPanel::listEditor(const ChartOption& option)
{
    auto* button = new QPushButton(this);
    button->setAutoDefault(false);
    auto* menu = new QMenu(button);
    button->setMenu(menu);
    for (const std::string& choice : option.choices) {
        QAction* action = menu->addAction(words(choice));
        action->setData(QString::fromStdString(choice));
        action->setCheckable(true);
        connect(action, &QAction::triggered, this, [this, menu, name = option.name] {
            std::string chosen;
            for (const QAction* each : menu->actions()) {
                if (each->isChecked())
                    addPart(chosen, each->data().toString().toStdString(), "/");
            }
            if (chosen.empty() || !m_state.setOption(name, chosen))
                read(); // none is no choice
        });
    }
    m_readers.push_back([this, button, menu, name = option.name] {
        const QStringList chosen = QString::fromStdString(m_state.options().text(name)).split('/');
        QStringList said;
        for (QAction* action : menu->actions()) {
            action->setChecked(chosen.contains(action->data().toString()));
            if (action->isChecked())
                said << action->text();
        }
        button->setText(said.size() > 3 ? QString("%1 chosen").arg(said.size()) : said.join(", "));
    });
    return button;
}

QWidget* OptionPanel::numberEditor(const ChartOption& option)
{
    auto* box = spinBox(this, option.least, option.most, option.whole ? 0 : 6);
    connect(box, &QDoubleSpinBox::valueChanged, this, [this, box, name = option.name](double value) {
        if (!m_state.setOption(name, QString::number(value, 'g', 12).toStdString()))
            read();
    });
    m_readers.push_back([this, box, name = option.name] { box->setValue(m_state.options().number(name)); });
    return box;
}

void OptionPanel::addLook()
{
    const auto set = [this](auto change) {
        Look look = m_state.look();
        change(look);
        m_state.setLook(look);
    };
    auto* colours = combo(this);
    colours->addItem("Automatic");
    colours->addItems(colourTableNames());
    connect(colours, &QComboBox::activated, this, [set, colours](int index) {
        set([&](Look& look) { look.colours = index > 0 ? colours->currentText() : QString(); });
    });
    m_readers.push_back(
        [this, colours] { colours->setCurrentIndex(std::max(0, colours->findText(m_state.look().colours))); });

    m_scale = combo(this);
    m_scale->addItems({"Automatic", "Linear", "Log 2"});
    connect(m_scale, &QComboBox::activated, this, [set](int index) {
        set([&](Look& look) {
            look.limits.reset(); // those of another scale
            look.scale = index == 0 ? std::nullopt : std::optional(index == 1 ? ScaleKind::Linear : ScaleKind::Log2);
        });
    });
    m_readers.push_back([this] {
        const auto scale = m_state.look().scale;
        m_scale->setCurrentIndex(!scale ? 0 : *scale == ScaleKind::Linear ? 1 : 2);
    });

    auto* limits = new QWidget(this);
    auto* row = new QHBoxLayout(limits);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(4);
    m_limits = combo(limits);
    m_limits->setObjectName("limits");
    m_limits->setAccessibleName("Limits");
    m_limits->addItems({"From the data", "Symmetric", "Held", "99 % of cells"});
    connect(m_limits, &QComboBox::activated, this, &OptionPanel::chooseLimits);
    m_low = spinBox(limits, -1e6, 1e6, 4);
    m_low->setObjectName("limitLow");
    m_low->setToolTip("Lower colour limit");
    m_high = spinBox(limits, -1e6, 1e6, 4);
    m_high->setObjectName("limitHigh");
    m_high->setToolTip("Upper colour limit");
    for (QDoubleSpinBox* box : {m_low, m_high}) {
        box->setAccessibleName(box->toolTip());
        connect(box, &QDoubleSpinBox::valueChanged, this, [this] { chooseLimits(Held); });
    }
    row->addWidget(m_limits);
    row->addWidget(m_low);
    row->addWidget(new QLabel("to", limits));
    row->addWidget(m_high);
    m_readers.push_back([this] {
        const auto held = m_state.look().limits;
        m_limits->setCurrentIndex(held ? Held : m_state.look().percentile ? Percentile : FromData);
        if (const auto shown = held ? held : m_resolved.limits) {
            m_low->setValue(shown->first);
            m_high->setValue(shown->second);
        }
        m_low->setEnabled(held.has_value());
        m_high->setEnabled(held.has_value());
    });

    auto* reducer = combo(this);
    reducer->addItem("Automatic");
    for (const Reducer r : {Reducer::Max, Reducer::Mean, Reducer::Extreme})
        reducer->addItem(words(reducerName(r)), int(r));
    connect(reducer, &QComboBox::activated, this, [set, reducer](int index) {
        set([&](Look& look) {
            look.reducer = index > 0 ? std::optional(Reducer(reducer->currentData().toInt())) : std::nullopt;
        });
    });
    m_readers.push_back([this, reducer] {
        const auto r = m_state.look().reducer;
        reducer->setCurrentIndex(r ? reducer->findData(int(*r)) : 0);
    });
    m_keyControls = {control("Limits", limits, "limitsRow",
                         "Values at the ends of the colour key; held ones stay when "
                         "the tokens change"),
        control("Colours", colours, "colours", "Colour table"),
        control("Scale", m_scale, "scale", "Scale of the colours"),
        control("Pixel", reducer, "reducer", "What a pixel shows of several cells")};
}

void OptionPanel::chooseLimits(int mode)
{
    Look look = m_state.look();
    const bool log = m_resolved.scale == ScaleKind::Log2;
    double low = m_low->value(), high = m_high->value();
    if (mode == FromData || mode == Percentile) {
        look.limits.reset();
        look.percentile = mode == Percentile ? std::optional(99.0) : std::nullopt;
        return m_state.setLook(look);
    }
    if (mode == Symmetric && m_centre) {
        const auto [least, most] = m_extremes;
        if (log && least > 0 && *m_centre > 0) {
            const double reach = std::max(*m_centre / least, most / *m_centre);
            low = *m_centre / reach;
            high = *m_centre * reach;
        } else {
            const double reach = std::max(*m_centre - least, most - *m_centre);
            low = *m_centre - reach;
            high = *m_centre + reach;
        }
    }
    if (log && low <= 0)
        low = 1e-4; // the least the boxes can show
    if (high <= low)
        high = log ? low * 2 : low + 1e-3;
    look.limits = {low, high};
    m_state.setLook(look);
    read(); // Symmetric is held now, also where it changed nothing
}

void OptionPanel::setShown(const Picture* picture, const Look& resolved)
{
    m_resolved = resolved;
    m_centre.reset();
    for (QWidget* widget : m_keyControls)
        widget->setVisible(picture && picture->key);
    if (picture && picture->key) {
        m_extremes = {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
        for (const Panel& panel : picture->panels) {
            for (const Layer& layer : panel.layers) {
                const auto* map = std::get_if<HeatMapPtr>(&layer);
                if (!map || !*map)
                    continue;
                const auto all = (*map)->values.summarise(0, (*map)->rows(), 0, (*map)->columns());
                if (all.count == 0)
                    continue;
                m_centre = (*map)->centre;
                m_extremes = {
                    std::min(m_extremes.first, double(all.min)), std::max(m_extremes.second, double(all.max))};
            }
        }
    }
    {
        const QSignalBlocker quiet(m_low);
        m_low->setMinimum(resolved.scale == ScaleKind::Log2 ? 1e-4 : -1e6);
    }
    read();
}

void OptionPanel::read()
{
    std::vector<QSignalBlocker> quiet;
    for (QWidget* child : findChildren<QWidget*>())
        quiet.emplace_back(child);
    for (const auto& reader : m_readers)
        reader();
}

}
