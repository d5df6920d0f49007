//! Partners: networks, their stores, the stores' employees.

use super::dice::Dice;
use super::{SOURCE, numbers, people, places};
use crate::base::personal::Personal;
use crate::domain::client::{
    AddressDraft, AddressKind, ClientDraft, ClientKind, OrganisationDraft, OrganisationForm,
    PhoneDraft, PhoneKind, Sex,
};

/// A partner made of a seed.
#[derive(Debug, Clone)]
pub struct SampleOrganisation {
    /// `sample:network-…`, `sample:store-…`, `sample:employee-…`.
    pub source_key: String,
    /// Source key of the network of a store, of the store of an employee.
    pub parent_key: Option<String>,
    /// What a file or a person would type; the parent is filled in by whoever knows its id.
    pub draft: ClientDraft,
}

const BRANDS: [&str; 16] = [
    "Мебель-Град",
    "ТехноДом",
    "Северный ветер",
    "Окна и двери",
    "Золотой век",
    "Спорт-Арена",
    "Электрон",
    "Домовой",
    "Шубы Сибири",
    "Авторезина",
    "МедТехника",
    "Сад и огород",
    "Книжный мир",
    "Велосити",
    "Кухни-Люкс",
    "СветоЧ",
];
const STORES_PER_NETWORK: u64 = 4;
const EMPLOYEES_PER_STORE: u64 = 2;

/// All partners, parents before children.
pub(super) fn all(seed: u64, networks: u64) -> Vec<SampleOrganisation> {
    let mut made = Vec::new();
    for network in 0..networks {
        let mut dice = Dice::new(seed ^ 0x0C6A, network);
        let brand = BRANDS[usize::try_from(network).unwrap_or(0) % BRANDS.len()];
        let brand = match network / BRANDS.len() as u64 {
            0 => brand.to_owned(),
            again => format!("{brand} {}", again + 1),
        };
        let network_key = format!("{SOURCE}:network-{network:03}");
        let inn = numbers::inn_organisation(seed, network);
        let ogrn = numbers::ogrn(seed, network);
        let head = OrganisationDraft {
            form: Some(OrganisationForm::Network),
            short_name: format!("ООО \"{brand}\""),
            full_name: format!("Общество с ограниченной ответственностью \"{brand}\""),
            kpp: Some(kpp(&inn, 1)),
            ogrn: Some(ogrn),
            parent_id: None,
        };
        let phone = (network * 1_000, PhoneKind::Work);
        let draft = draft(seed, head, Some(inn.clone()), phone, &mut dice);
        made.push(SampleOrganisation { source_key: network_key.clone(), parent_key: None, draft });
        for store in 0..STORES_PER_NETWORK {
            stores(seed, network, store, &brand, &inn, &network_key, &mut dice, &mut made);
        }
    }
    made
}

#[allow(clippy::too_many_arguments, reason = "one store of one network, all of it by value")]
fn stores(
    seed: u64,
    network: u64,
    store: u64,
    brand: &str,
    inn: &str,
    network_key: &str,
    dice: &mut Dice,
    made: &mut Vec<SampleOrganisation>,
) {
    let store_key = format!("{SOURCE}:store-{network:03}-{store}");
    let place = dice.pick(places::PLACES);
    let body = OrganisationDraft {
        form: Some(OrganisationForm::Store),
        short_name: format!("{brand}, {} № {}", place.city, store + 1),
        full_name: String::new(),
        // A store is a branch: the network's INN with a KPP of its own.
        kpp: Some(kpp(inn, store + 2)),
        ogrn: None,
        parent_id: None,
    };
    let phone = (network * 1_000 + 10 + store, PhoneKind::Work);
    let shop = draft(seed, body, Some(inn.to_owned()), phone, dice);
    let parent_key = Some(network_key.to_owned());
    made.push(SampleOrganisation { source_key: store_key.clone(), parent_key, draft: shop });
    for employee in 0..EMPLOYEES_PER_STORE {
        let sex = if dice.chance(60) { Sex::Female } else { Sex::Male };
        let (last, first, patronymic) = people::name(sex, dice);
        let body = OrganisationDraft {
            form: Some(OrganisationForm::Employee),
            short_name: format!("{last} {first} {patronymic}").trim_end().to_owned(),
            ..OrganisationDraft::default()
        };
        let phone = (network * 1_000 + 100 + store * 10 + employee, PhoneKind::Mobile);
        made.push(SampleOrganisation {
            source_key: format!("{SOURCE}:employee-{network:03}-{store}-{employee}"),
            parent_key: Some(store_key.clone()),
            draft: draft(seed, body, None, phone, dice),
        });
    }
}

fn kpp(inn: &str, branch: u64) -> String {
    format!("{}01{branch:03}", &inn[..4])
}

fn draft(
    seed: u64,
    organisation: OrganisationDraft,
    inn: Option<String>,
    (phone, kind): (u64, PhoneKind),
    dice: &mut Dice,
) -> ClientDraft {
    let place = dice.pick(places::PLACES);
    let street = dice.pick(places::STREETS);
    let text = format!("г. {}, {street}, д. {}", place.city, 1 + dice.below(80));
    // Far above any client's number, so that partners and buyers never share a phone by chance.
    let number = numbers::mobile(seed, 9_000_000 + phone);
    ClientDraft {
        kind: Some(ClientKind::Organisation),
        inn: inn.map(Personal::new),
        phones: Some(vec![PhoneDraft { number: Personal::new(number), kind, verified: true }]),
        addresses: Some(vec![AddressDraft {
            kind: AddressKind::Work,
            text: Personal::new(text),
            region: place.region.to_owned(),
            city: place.city.to_owned(),
            postcode: String::new(),
        }]),
        organisation: Some(organisation),
        time_zone: Some(place.zone.to_owned()),
        ..ClientDraft::default()
    }
}
