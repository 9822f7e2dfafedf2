//! S017x: items that are repeated.

use crate::diag::Code;

pub static ALL: &[&Code] = &[&FOR_EACH_NAME, &FOR_EACH_VALUES];

pub static FOR_EACH_NAME: Code = Code {
    id: "S0171",
    title: "copies without names of their own",
    explain: "\
`for_each` repeats an item once for every value, so that the item's name must say which copy it is: every parameter
stands in it. Values are put into names in small letters.

    - name: buyers_{{ country }}        # buyers_us, buyers_ca
      for_each: {country: [US, CA]}
      where: country = {{ country }}",
};

pub static FOR_EACH_VALUES: Code = Code {
    id: "S0172",
    title: "values that cannot be repeated over",
    explain: "\
`for_each` takes a map of parameters, each with a list of texts, numbers or truth values (or a variable that is such a
list). Several parameters make a copy for every combination, at most 1,000 of them. Two values that differ in case alone
would give two copies of one name.

    for_each: {country: [US, CA], tier: [1, 2]}      # four copies",
};
