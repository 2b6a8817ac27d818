// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/widgets/chart_view.h"

#include "io/base/vector_state.h"
#include "views/widgets/chart_menu.h"
#include "views/widgets/job_controls.h"
#include "views/widgets/option_panel.h"
#include "views/widgets/state_pages.h"

#include <QApplication>
#include <QClipboard>
#include <QEvent>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QProgressBar>
#include <QPushButton>
#include <QStackedWidget>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace expertscope {

namespace {

/// Charts of one site have this option; it goes along with what is pinned elsewhere.
constexpr const char* kSiteOption = "site";

}

ChartView::ChartView(Session& session, const ChartSpec& chart, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_state(new ChartState(chart, session.undo(), this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    m_options = new OptionPanel(*m_state, this);
    m_stop = stopButton(this);
    m_stop->setAutoRaise(true);
    QSizePolicy keepsItsPlace = m_stop->sizePolicy();
    keepsItsPlace.setRetainSizeWhenHidden(true); // nothing moves when a job ends
    m_stop->setSizePolicy(keepsItsPlace);
    connect(m_stop, &QToolButton::clicked, this, &ChartView::stop);
    m_options->addAtEnd(m_stop);
    layout->addWidget(m_options);
    m_progress = loadingBar(this);
    layout->addWidget(m_progress);

    m_pages = new QStackedWidget(this);
    layout->addWidget(m_pages, 1);
    auto* empty = new StatePage(this);
    QLabel* definition = empty->addText(chart.definition);
    definition->setProperty("faint", true);
    m_pages->addWidget(empty);
    m_widget = new ChartWidget(session, this);
    m_widget->setAccessibleName(chart.title);
    m_widget->setAccessibleDescription(chart.definition);
    m_pages->addWidget(m_widget);
    m_sample = new QLabel(m_widget);
    m_sample->setObjectName("sample");
    m_sample->setAttribute(Qt::WA_TransparentForMouseEvents);
    m_sample->hide();
    m_widget->installEventFilter(this);
    auto* failed = new StatePage(this);
    m_errorLabel = failed->addText({}, "chartError");
    m_errorLabel->setProperty("faint", true);
    connect(failed->addButton("Try again", "chartRetry"), &QPushButton::clicked, this, &ChartView::ask);
    m_pages->addWidget(failed);

    m_dimLater = new QTimer(this);
    m_dimLater->setSingleShot(true);
    m_dimLater->setInterval(kPatienceMs);
    connect(m_dimLater, &QTimer::timeout, this, [this] { m_widget->setDimmed(true); });
    setLoading(false);

    connect(&session, &Session::opened, this, [this] {
        if (!m_session.sameTrace()) { // else the old picture, its zoom with it, stays until the next
            showPage(Page::Empty);
            m_widget->setChart(nullptr);
        }
        sayOfSample({});
        ask();
    });
    connect(&session.filters(), &FilterStack::changed, this, &ChartView::ask);
    connect(m_state, &ChartState::changed, this, &ChartView::ask);
    connect(&session.selection(), &SharedSelection::pinsChanged, this, [this](QObject* by) {
        if (by != m_widget)
            followSite();
    });
    connect(&session, &Session::progressed, this, [this](QObject* asker, double fraction) {
        if (asker == this)
            m_progress->setValue(int(fraction * 1000));
    });
    connect(m_widget, &ChartWidget::currentChanged, this, &ChartView::readoutChanged);
    connect(m_widget, &ChartWidget::viewChanged, this, &ChartView::readoutChanged);
    connect(m_widget, &ChartWidget::menuRequested, this, &ChartView::openMenu);
    focusFollowsPage(this, m_pages, m_widget);
}

ChartView::~ChartView() = default;

ChartView::Page ChartView::page() const
{
    return Page(m_pages->currentIndex());
}

void ChartView::showPage(Page page)
{
    m_pages->setCurrentIndex(int(page));
    emit chartChanged();
    emit readoutChanged();
}

void ChartView::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    if (m_stale)
        ask();
}

/// What the picture itself has no use for.
void ChartView::keyPressEvent(QKeyEvent* event)
{
    const auto& keys = m_state->chart().keys;
    const auto key = std::ranges::find(keys, event->text().toLower(), &ChartKey::key);
    if (event->text().isEmpty() || key == keys.end())
        return QWidget::keyPressEvent(event);
    auto changes = key->press(m_state->options(), m_session.selection().chosen());
    std::erase_if(changes, [this](const auto& change) { return m_state->options().text(change.first) == change.second; });
    if (changes.empty())
        return;
    m_session.undo().beginMacro(key->meaning);
    for (const auto& [name, value] : changes) {
        if (const auto set = m_state->setOption(name, value); !set)
            showError(set.error());
    }
    m_session.undo().endMacro();
}

void ChartView::ask()
{
    m_stale = true;
    if (!m_session.study() || !m_session.filters().shape())
        return showPage(Page::Empty);
    if (!isVisible())
        return m_session.cancel(this); // asked when it is seen
    m_stale = false;
    const auto asked = m_source ? m_source(m_state->options()) : m_session.question(m_state->options());
    if (!asked) {
        m_session.cancel(this);
        setLoading(false);
        sayOfSample({});
        m_widget->setChart(nullptr);
        return showPage(Page::Empty);
    }
    const ChartQuestion question = *asked;
    const auto whole = [this, question](const Expected<ChartDataPtr>& data) {
        setLoading(false);
        sayOfSample({});
        Expected<void> drawn;
        if (data)
            drawn = draw(question, *data);
        else
            drawn = tl::unexpected(data.error());
        if (!drawn)
            showError(drawn.error());
    };
    m_session.ask(this, m_state->chart(), question, whole,
        [this](const ChartQuestion& sample, const ChartDataPtr& data) { showSample(sample, data); });
    setLoading(loading());
}

void ChartView::setSource(Source source)
{
    m_source = std::move(source);
    ask();
}

void ChartView::followSite()
{
    const auto site = m_session.selection().chosen().site;
    const auto& options = m_state->chart().options;
    if (site && std::ranges::any_of(options, [](const ChartOption& option) { return option.name == kSiteOption; }))
        (void)m_state->follow(kSiteOption, std::to_string(site->value));
}

Expected<void> ChartView::draw(const ChartQuestion& question, const ChartDataPtr& data)
{
    freeUpperHalves(); // of what was painted before
    Look look = m_state->look();
    ES_ASSIGN(ChartPtr chart, m_state->chart().draw(data, question.params, look));
    m_shownQuestion = question;
    m_shownLook = look;
    const PicturePtr picture = chart->picture();
    m_options->setShown(picture.get(), look);
    m_widget->setChart(std::move(chart));
    if (const auto seen = std::exchange(m_seen, {}))
        m_widget->setSeen(*seen);
    showPage(Page::Picture);
    return {};
}

void ChartView::showSample(const ChartQuestion& sample, const ChartDataPtr& data)
{
    if (!draw(sample, data))
        return; // of all it may be possible
    m_dimLater->stop();
    m_widget->setDimmed(false);
    sayOfSample("all follow");
}

void ChartView::sayOfSample(const QString& what)
{
    m_sample->setVisible(!what.isEmpty());
    if (what.isEmpty())
        return;
    m_sample->setText(QString("Sample of %1 sequences; %2").arg(m_shownQuestion.scope.sample).arg(what));
    m_sample->adjustSize();
    placeSampleNote();
    m_sample->raise();
}

/// Below the picture, beside the title of its axis.
void ChartView::placeSampleNote()
{
    m_sample->move(2, m_widget->height() - m_sample->height() - 2);
}

bool ChartView::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_widget && event->type() == QEvent::Resize)
        placeSampleNote();
    return QWidget::eventFilter(watched, event);
}

void ChartView::showError(const Error& error)
{
    m_error = QString::fromStdString(error.message());
    m_errorLabel->setText(m_error);
    m_widget->setChart(nullptr);
    showPage(Page::Error);
}

QString ChartView::errorText() const
{
    return page() == Page::Error ? m_error : QString();
}

void ChartView::setLoading(bool loading)
{
    m_stop->setVisible(loading);
    if (loading) {
        m_progress->setValue(0);
        m_dimLater->start();
    } else {
        m_progress->reset();
        m_dimLater->stop();
        m_widget->setDimmed(false);
    }
}

bool ChartView::stop()
{
    if (!loading())
        return false;
    m_session.cancel(this);
    setLoading(false);
    if (m_sample->isVisibleTo(this))
        sayOfSample("stopped there");
    else
        showError({"stopped before it was computed", {}, {}});
    return true;
}

QString ChartView::reducerNote() const
{
    if (page() != Page::Picture || !m_widget->isReduced())
        return {};
    switch (m_shownLook.reducer.value_or(Reducer::Max)) {
    case Reducer::Max:
        return QStringLiteral("A pixel shows the largest of its cells");
    case Reducer::Mean:
        return QStringLiteral("A pixel shows the mean of its cells");
    case Reducer::Extreme:
        break;
    }
    return QStringLiteral("A pixel shows the most extreme of its cells");
}

void ChartView::copyReadout() const
{
    const QString text = m_widget->readout();
    if (!text.isEmpty())
        QApplication::clipboard()->setText(text);
}

void ChartView::copyNumbers() const
{
    if (chart())
        QApplication::clipboard()->setText(QString::fromUtf8(chart()->csv()));
}

void ChartView::copyPicture() const
{
    if (chart())
        QApplication::clipboard()->setPixmap(m_widget->grab());
}

void ChartView::focusOptions()
{
    m_options->focusFirst();
}

void ChartView::openMenu(const QPoint& global)
{
    QMenu menu(this);
    fillChartMenu(menu, *this, m_session);
    if (!menu.isEmpty())
        menu.exec(global);
}

}
